import { mkdtemp, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { writeReport, type ReportFacts } from "../../../workloads/test-results/src/generate/index.ts";
import { startService, type Service } from "../../../workloads/test-results/src/service.ts";
import { readSettings } from "../../../workloads/test-results/src/settings.ts";
import { cpuMsSoFar } from "../../src/harness/cpu-time.ts";
import { assertImported } from "../imported.ts";
import { watchTree } from "../tree-memory.ts";

export interface ImportParams {
  readonly file: string;
  /** What the report holds, and so what has to be in the database afterwards. */
  readonly facts: ReportFacts;
  readonly scratch: string;
}

/**
 * The service of test-results as it stands: its runtime, its supervised workers, a SQLite database on disk. A small report goes first;
 * the time is from asking for the import to its end, the memory that of the whole tree: service, registrar, all its warm workers.
 */
export default async ({ file, facts, scratch }: ImportParams) => {
  const directory = await mkdtemp(join(scratch, "import-"));
  process.env["TMPDIR"] = directory;
  const databasePath = join(directory, "results.db");
  const settings = readSettings({ ...process.env, DB_PATH: databasePath, RUNTIME_DIR: join(directory, "runtime"), LOGS_BASE_PATH: join(directory, "logs") });
  const service = await startService({ settings, http: false });
  try {
    const warmUp = join(directory, "warm-up.xml");
    await importOne(service, warmUp, "warm-up", await writeReport({ bytes: 12_000_000, cases: 12_000 }, warmUp), databasePath);
    const memory = watchTree(process.pid);
    const cpuBefore = cpuMsSoFar();
    const startMs = performance.now();
    const end = await service.conductor.importNow(request(file, "1"));
    const wallMs = performance.now() - startMs;
    const cpuMs = cpuMsSoFar() - cpuBefore;
    const { lookCpuMs, ...peak } = memory.stop();
    if (end.kind !== "imported") throw new Error(`the import ended as ${end.kind}: ${end.detail}`);
    assertImported(databasePath, "1", facts);
    return { wallMs, cpuMs: cpuMs - lookCpuMs, ...peak };
  } finally {
    await service.stop();
    await rm(directory, { recursive: true, force: true });
  }
};

async function importOne(service: Service, file: string, job: string, facts: ReportFacts, databasePath: string): Promise<void> {
  const end = await service.conductor.importNow(request(file, job));
  if (end.kind !== "imported") throw new Error(`${job} ended as ${end.kind}: ${end.detail}`);
  assertImported(databasePath, job, facts);
}

function request(file: string, job: string) {
  return { release: "6.1", module: "bench", job, directory: dirname(file), files: [basename(file)], mode: "junit-only" as const };
}
