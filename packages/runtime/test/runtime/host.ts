// A runtime in a process of its own, for tests that kill it: says on standard output what was accepted.
// Arguments: data directory, jobs directory, journal file, how many jobs to add.
import { startRuntime } from "../../src/runtime.ts";

const [dataDir = "", jobs = "", file = "", count = "0"] = process.argv.slice(2);
const runtime = await startRuntime({
  dataDir,
  jobs: [jobs],
  http: false,
  logLevel: "silent",
  lanes: { default: { concurrency: 3 } },
  onEvent: (event) => event.kind === "sweep.found" && say({ swept: event.attempts, processes: event.processes }),
});
say({ ready: process.pid });
let left = Number(count);
const adders = Array.from({ length: 4 }, async () => {
  while (left > 0) {
    left -= 1;
    const { id } = await runtime.control.enqueue({ type: "journal.writes", input: JSON.stringify({ file, ms: left % 7 }) });
    say({ accepted: id });
  }
});
await Promise.all(adders);
say({ added: true });

process.on("SIGTERM", () => void runtime.stop().then(() => process.exit(0)));
process.stdin.on("data", () => void answerIdle());
process.stdin.on("end", () => void runtime.stop());

/** Asked on standard input: says when nothing waits or runs any more. */
async function answerIdle(): Promise<void> {
  const isIdle = async (): Promise<boolean> => (await runtime.control.counts()).every(({ state, count: number }) => number === 0 || state === "succeeded");
  const stop = runtime.onEvent((event) => {
    if (event.kind === "job.settled") void isIdle().then(tell);
  });
  const tell = (idle: boolean): void => {
    if (!idle) return;
    stop();
    say({ idle: true });
  };
  tell(await isIdle());
}

function say(message: object): void {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}
