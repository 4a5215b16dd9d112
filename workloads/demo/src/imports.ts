import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { countByModule, importShippedReports, listModules, SHIPPED_REPORTS, type Service, type StandIn } from "test-results";

/** What one import had to come to, and what it came to. */
export interface Tally {
  readonly name: string;
  readonly expected: number;
  readonly total: number;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly problem: string | null;
}

export const JENKINS_CASES = 40;
const JENKINS_BUILD = 103;
const JENKINS_RELEASE = "6.1";
/** Each module build offers its tests, and five of them once more on its second topology. */
const CASES_ON_OTHER_TOPOLOGY = 5;

/** The reports that ship with the workload: what each runner really wrote. */
export async function importReports(service: Service): Promise<readonly Tally[]> {
  const shipped = await importShippedReports(service.conductor);
  return await Promise.all(
    shipped.map(async ({ runner, end }) =>
      tally(service, { release: "shipped", module: runner, expected: await countCases(join(SHIPPED_REPORTS, runner)), problem: end.kind === "imported" ? null : end.detail }),
    ),
  );
}

/** One parent build and its modules, from the stand-in. */
export async function importFromJenkins(service: Service, jenkins: StandIn): Promise<readonly Tally[]> {
  const { conductor, database } = service;
  const runId = await conductor.download({ release: null, jobUrl: `${jenkins.parentUrl}${JENKINS_BUILD}/`, skipExisting: true, keys: null });
  await conductor.idle();
  const problem = (await conductor.runs.find(runId))?.error ?? null;
  const modules = (await listModules(database.read, JENKINS_RELEASE)) ?? [];
  return await Promise.all(modules.map(({ name }) => tally(service, { release: JENKINS_RELEASE, module: name, expected: JENKINS_CASES + CASES_ON_OTHER_TOPOLOGY, problem })));
}

async function tally(
  { database }: Service,
  given: { readonly release: string; readonly module: string; readonly expected: number; readonly problem: string | null },
): Promise<Tally> {
  const { release, module, expected, problem } = given;
  const row = (await countByModule(database.read)).find((each) => each.release === release && each.module === module);
  const { total = 0, passed = 0, failed = 0, skipped = 0 } = row ?? {};
  return { name: `${release}/${module}`, expected, total, passed, failed, skipped, problem };
}

/** Counted apart from the importer, in the crudest way there is. */
async function countCases(directory: string): Promise<number> {
  const files = (await readdir(directory, { recursive: true })).filter((file) => file.endsWith(".xml"));
  const contents = await Promise.all(files.map((file) => readFile(join(directory, file), "utf8")));
  return contents.reduce((sum, content) => sum + (content.match(/<testcase[\s>]/g)?.length ?? 0), 0);
}

export function isRight(each: Tally): boolean {
  return each.problem === null && each.expected > 0 && each.total === each.expected && each.passed + each.failed + each.skipped === each.total;
}
