// Every benchmark, one after the other, then the tables of README.md from what was written.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { BENCHMARKS, writeTables } from "./tables.ts";

const startMs = performance.now();
const failed: string[] = [];
for (const name of BENCHMARKS) {
  const run = spawnSync(process.execPath, [fileOf(name), ...process.argv.slice(2)], { stdio: "inherit" });
  if (run.status !== 0) failed.push(name);
}
writeTables();
console.log(`${BENCHMARKS.length - failed.length} of ${BENCHMARKS.length} benchmarks in ${((performance.now() - startMs) / 60_000).toFixed(1)} min`);
if (failed.length > 0) {
  console.error(`failed: ${failed.join(", ")}`);
  process.exitCode = 1;
}

/** "readers-xml" and the workloads stand in folders of their own. */
function fileOf(name: string): string {
  if (name === "snapshots" || name === "crawl-health") return join(import.meta.dirname, "../workloads", `${name}.ts`);
  const [folder, file] = name.startsWith("readers-") ? ["../readers", name.slice("readers-".length)] : [".", name];
  return join(import.meta.dirname, folder, `${file}.ts`);
}
