// Every benchmark, one after the other, then the tables of README.md from what was written.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { BENCHMARKS, writeTables } from "./tables.ts";

const startMs = performance.now();
const failed: string[] = [];
for (const name of BENCHMARKS) {
  const run = spawnSync(process.execPath, [join(import.meta.dirname, `${name}.ts`), ...process.argv.slice(2)], { stdio: "inherit" });
  if (run.status !== 0) failed.push(name);
}
writeTables();
console.log(`${BENCHMARKS.length - failed.length} of ${BENCHMARKS.length} benchmarks in ${((performance.now() - startMs) / 60_000).toFixed(1)} min`);
if (failed.length > 0) {
  console.error(`failed: ${failed.join(", ")}`);
  process.exitCode = 1;
}
