import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { writeReport, type ReportFacts } from "../../../workloads/test-results/src/generate/index.ts";
import { cpuMsSoFar } from "../../src/harness/cpu-time.ts";
import { assertImported } from "../imported.ts";
import { watchTree } from "../tree-memory.ts";

export interface ImportParams {
  readonly file: string;
  /** What the report holds, and so what has to be in the database afterwards. */
  readonly facts: ReportFacts;
  readonly scratch: string;
}

const SERVICE = join(import.meta.dirname, "..", "programs", "import-service.ts");

/**
 * The service of test-results as it stands, in a process of its own: its runtime, its supervised workers, a SQLite database on disk. It has been started before, so that its compiled
 * code is on disk, and a small report goes first; the time is from asking for the import to its end, the memory that of the whole tree: service, registrar, all its warm workers.
 */
export default async ({ file, facts, scratch }: ImportParams) => {
  const directory = await mkdtemp(join(scratch, "import-"));
  const warmUp = join(directory, "warm-up.xml");
  const warmUpFacts = await writeReport({ bytes: 12_000_000, cases: 12_000 }, warmUp);
  try {
    await withService(join(directory, "first"), (service) => service.importOne(warmUp, "warm-up", warmUpFacts));
    return await withService(join(directory, "second"), async (service) => {
      await service.importOne(warmUp, "warm-up", warmUpFacts);
      const memory = watchTree(service.pid);
      const cpuBefore = cpuMsSoFar();
      const wallMs = await service.importOne(file, "1", facts);
      const cpuMs = cpuMsSoFar() - cpuBefore;
      const { lookCpuMs, ...peak } = memory.stop();
      return { wallMs, cpuMs: cpuMs - lookCpuMs, ...peak };
    });
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
};

interface ImportService {
  readonly pid: number;
  /** Answers how long it took, in milliseconds. */
  importOne(file: string, job: string, facts: ReportFacts): Promise<number>;
}

async function withService<Result>(directory: string, work: (service: ImportService) => Promise<Result>): Promise<Result> {
  await mkdir(directory);
  const child = fork(SERVICE, [directory], { env: { ...process.env, TMPDIR: directory } });
  const ended = once(child, "exit");
  try {
    await answerOf(child, ended);
    return await work({
      pid: child.pid ?? 0,
      async importOne(file, job, facts) {
        child.send({ release: "6.1", module: "bench", job, directory: dirname(file), files: [basename(file)], mode: "junit-only" });
        const { end, wallMs } = (await answerOf(child, ended)) as { readonly end: { readonly kind: string; readonly detail: string }; readonly wallMs: number };
        if (end.kind !== "imported") throw new Error(`${job} ended as ${end.kind}: ${end.detail}`);
        assertImported(join(directory, "results.db"), job, facts);
        return wallMs;
      },
    });
  } finally {
    if (child.connected) child.send("stop");
    await ended;
  }
}

async function answerOf(child: ChildProcess, ended: Promise<unknown>): Promise<unknown> {
  const [answer] = (await Promise.race([once(child, "message"), ended.then(() => Promise.reject(new Error("the service ended")))])) as unknown[];
  return answer;
}
