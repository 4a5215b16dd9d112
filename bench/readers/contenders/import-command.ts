import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { cpuMsSoFar } from "../../src/harness/cpu-time.ts";
import { assertImported } from "../imported.ts";
import type { ImportParams } from "./import-report.ts";

const CLI = join(import.meta.dirname, "../../../workloads/test-results/src/cli.ts");

/** `test-results import-junit` from its start to its exit: a runtime of its own is started and stopped for it. */
export default async ({ file, facts, scratch }: ImportParams) => {
  const directory = await mkdtemp(join(scratch, "command-"));
  const databasePath = join(directory, "results.db");
  const cpuBefore = cpuMsSoFar();
  const startMs = performance.now();
  const child = spawn(process.execPath, [CLI, "--db", databasePath, "import-junit", file, "--release", "6.1", "--module", "bench", "--job", "1"], {
    cwd: directory,
    env: { ...process.env, TMPDIR: directory },
    stdio: ["ignore", "ignore", "inherit"],
  });
  const [code] = await once(child, "exit");
  const wallMs = performance.now() - startMs;
  if (code !== 0) throw new Error(`the import ended with code ${String(code)}`);
  assertImported(databasePath, "1", facts);
  await rm(directory, { recursive: true, force: true });
  return { wallMs, cpuMs: cpuMsSoFar() - cpuBefore };
};
