// A runtime whose container runs out of memory: on a line of standard input it fills its own memory until the kernel ends it. Arguments: data directory, jobs directory, journal file.
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { startRuntime } from "../../src/runtime.ts";

const CHUNK_BYTES = 16 * 1024 ** 2;

const [dataDir = "", jobs = "", file = ""] = process.argv.slice(2);
const runtime = await startRuntime({ dataDir, jobs: [jobs], http: false, logLevel: "silent", lanes: { default: { concurrency: 1 } }, memory: { gate: false } });
runtime.onEvent((event) => {
  if (event.kind === "attempt.progress") process.stdout.write(`${event.jobId}\n`);
});
await runtime.control.enqueue({ type: "journal.speaks", input: JSON.stringify({ file }) });
await once(process.stdin, "data");
// Of all in the container the kernel takes this one: as where it kills the whole container, nobody is left to say why.
writeFileSync("/proc/self/oom_score_adj", "1000");
const held: Buffer[] = [];
for (;;) held.push(Buffer.alloc(CHUNK_BYTES, 1));
