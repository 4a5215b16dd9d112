import { classNameOf, mainStatus, rerunStatus, timestampOf, TOPOLOGIES, type World, type WorldModule } from "./world.ts";
import { moduleJobNameOf } from "../jenkins/names.ts";

export interface Artifact {
  readonly relativePath: string;
  /** Made as it is sent, so that any size fits. */
  content(): Iterable<string>;
}

/** Everything a module build offers: order files, a rerun, reports, and files that nobody wants. */
export function moduleArtifacts(module: WorldModule, build: number): Artifact[] {
  const epoch = timestampOf(build) / 1000;
  const [main, other] = TOPOLOGIES;
  return [
    { relativePath: `hapy/logs/${epoch}_bp_${main}.order.txt`, content: () => orderLines(module, build, main) },
    { relativePath: `hapy/logs/re_run_bp_${main}.order.txt`, content: () => rerunLines(module, build) },
    { relativePath: `hapy/logs/${epoch}_bp_${other}.order.txt`, content: () => orderLines({ ...module, tests: module.tests.slice(0, 5) }, build, other) },
    { relativePath: `hapy/reports/junit/${main}/report.xml`, content: () => reportOf(module, build) },
    { relativePath: "hapy/logs/console.log", content: () => ["nothing to see\n"] },
  ];
}

export function parentArtifacts(world: World, moduleBuild: number): Artifact[] {
  const map = Object.fromEntries(world.modules.map(({ key }) => [key, moduleBuild]));
  return [{ relativePath: "build_map.json", content: () => [JSON.stringify(map)] }];
}

export function findModule(world: World, jobName: string): WorldModule | undefined {
  return world.modules.find(({ key }) => moduleJobNameOf(key) === jobName);
}

function* orderLines(module: WorldModule, build: number, topology: string): Generator<string> {
  yield `collected ${module.tests.length} items on ${topology}\n`;
  for (const [index, { file, name }] of module.tests.entries()) yield `${index}: [10.0.0.${(index % 9) + 1}] ${mainStatus(index, build)} ${file}::${classNameOf(file)}::${name}\n`;
}

function* rerunLines(module: WorldModule, build: number): Generator<string> {
  for (const [index, { file, name }] of module.tests.entries()) {
    const status = rerunStatus(index, build);
    if (status !== null) yield `${index}: [10.0.0.1] ${status} ${file}::${classNameOf(file)}::${name}\n`;
  }
}

function* reportOf(module: WorldModule, build: number): Generator<string> {
  yield '<?xml version="1.0" encoding="utf-8"?>\n<testsuites><testsuite name="pytest" tests="0">\n';
  for (const [index, { file, name }] of module.tests.entries()) {
    const status = mainStatus(index, build);
    const className = `${file.replace(/\.py$/, "").replaceAll("/", ".")}.${classNameOf(file)}`;
    const head = `<testcase classname="${className}" file="${file}" name="${escapeXml(name)}" time="${(index % 50) / 10}"`;
    if (status === "PASSED") yield `${head}/>\n`;
    else if (status === "SKIPPED") yield `${head}><skipped message="left out"/></testcase>\n`;
    else yield `${head}><failure message="assert ${index} == 0">def ${escapeXml(name)}:\n&gt;   assert ${index} == 0\n${file}:${index}: AssertionError</failure></testcase>\n`;
  }
  yield `<testcase classname="setup.TestSetup" file="setup_test.py" name="test_only_here" time="0"/>\n</testsuite></testsuites>\n`;
}

function escapeXml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}
