import type { JobContext } from "cofferdam";

/** Uses as much CPU as its input says, or waits until it is ended. */
export default async function run(job: JobContext<unknown>): Promise<void> {
  const { cpuMs } = job.input as { readonly cpuMs: number };
  if (cpuMs === 0) await new Promise(() => setTimeout(() => undefined, 60_000));
  for (const before = process.cpuUsage(); ;) {
    const { user, system } = process.cpuUsage(before);
    if (user + system >= cpuMs * 1000) return;
  }
}
