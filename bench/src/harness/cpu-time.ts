import { readFileSync } from "node:fs";

export const USAGE_FILE_VARIABLE = "COFFERDAM_BENCH_CPU_USAGE";

/** CPU milliseconds used so far by this contender and by everything it started; NaN where nobody counts. Unlike wall time it does not grow with other people's load. */
export function cpuMsSoFar(): number {
  const file = process.env[USAGE_FILE_VARIABLE];
  return file === undefined ? Number.NaN : Number(readFileSync(file, "utf8")) / 1e6;
}
