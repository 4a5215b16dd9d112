// The process tests again and again beside busy loops: `npm run soak [-- rounds [loops]]`, by default 20 rounds with one loop per CPU.
// Ends with exit code 1 and the output of the first round that failed.
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { globSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");
const rounds = Number(process.argv[2] ?? 20);
const loops = Number(process.argv[3] ?? availableParallelism());
const files = ["contain", "governor", "supervisor", "runtime"].flatMap((room) => globSync(`packages/runtime/test/${room}/*.test.ts`, { cwd: root }));

const busy: ChildProcess[] = Array.from({ length: loops }, () => spawn("nice", ["-n", "5", process.execPath, "-e", "for (;;);"], { stdio: "ignore" }));
let failed = 0;
for (let round = 1; round <= rounds && failed === 0; round += 1) {
  const startedAt = performance.now();
  const { status, stdout } = spawnSync(process.execPath, ["--test", "--test-concurrency=2", ...files], {
    cwd: root,
    encoding: "utf8",
    maxBuffer: 1 << 28,
    // Other worlds in every round; a failure prints its seed.
    env: { ...process.env, SIMULATION_SEED: String(Date.now() % 1_000_000), SIMULATION_RUNS: "5000" },
  });
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(0);
  const passed = /^ℹ pass (\d+)$/m.exec(stdout)?.[1] ?? "?";
  console.log(`round ${round} of ${rounds}: ${status === 0 ? "passed" : "FAILED"}, ${passed} tests in ${seconds} s`);
  if (status === 0) continue;
  failed += 1;
  console.log(stdout);
}
for (const loop of busy) loop.kill("SIGKILL");
process.exitCode = failed;
