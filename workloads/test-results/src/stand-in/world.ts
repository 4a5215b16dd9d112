// The small world that the stand-in shows: one parent job, its builds, their modules and tests. Pure and always the same.
import type { Status } from "../order/order-line.ts";

export interface TestPath {
  readonly file: string;
  readonly name: string;
}

export interface WorldModule {
  /** As in build_map.json. */
  readonly key: string;
  readonly tests: readonly TestPath[];
}

export interface World {
  readonly parentName: string;
  readonly release: string;
  readonly builds: readonly number[];
  readonly modules: readonly WorldModule[];
}

export const TOPOLOGIES = ["5s", "others_routing"] as const;

const OWN_FILES: Readonly<Record<string, readonly string[]>> = {
  VPN_MODULE_ESXI: ["data_plane/tests/vpn/ipsec/tunnel_test.py", "data_plane/tests/vpn/overlay/overlay_test.py"],
  ROUTING_ESXI: ["data_plane/tests/routing/bgp/bgp_test.py", "data_plane/tests/routing/ospf/ospf_test.py"],
  BUSINESS_POLICY_ESXI: ["data_plane/tests/business_policy/qos/qos_test.py", "data_plane/tests/firewall/rules_test.py"],
};

export interface WorldOptions {
  readonly casesPerModule: number;
  readonly builds: number;
  /** Content of a file of test paths: JSON lines with `kind` "group" and "test". */
  readonly paths: string | null;
}

export function makeWorld(options: WorldOptions): World {
  return {
    parentName: "QA_Release_6.1",
    release: "6.1",
    builds: Array.from({ length: options.builds }, (_, index) => 101 + index),
    modules: options.paths === null ? ownModules(options.casesPerModule) : modulesFromPaths(options.paths),
  };
}

function ownModules(cases: number): WorldModule[] {
  return Object.entries(OWN_FILES).map(([key, files]) => ({
    key,
    tests: Array.from({ length: cases }, (_, index) => ({ file: files[index % files.length] ?? "", name: `test_case_${index}${index % 10 === 3 ? `[peer::${index}]` : ""}` })),
  }));
}

interface PathLine {
  readonly kind: string;
  readonly path_module: string;
  readonly jenkins_module: string;
  readonly count?: number;
  readonly test_name?: string;
  readonly file_path?: string;
}

/** Each group has its named tests first; the rest of its count is invented. */
function modulesFromPaths(content: string): WorldModule[] {
  const lines = content
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line) => JSON.parse(line) as PathLine);
  const modules = new Map<string, TestPath[]>();
  for (const group of lines.filter((line) => line.kind === "group")) {
    const named = lines.filter((line) => line.kind === "test" && line.path_module === group.path_module && line.jenkins_module === group.jenkins_module);
    const tests = modules.get(group.jenkins_module) ?? [];
    modules.set(group.jenkins_module, tests);
    for (let index = 0; index < (group.count ?? named.length); index += 1) {
      const known = named[index];
      tests.push({
        file: known?.file_path ?? `data_plane/tests/${group.path_module}/generated/more_test.py`,
        name: known?.test_name ?? `test_${group.path_module}_${index}`,
      });
    }
  }
  return [...modules].map(([name, tests]) => ({ key: `${name.toUpperCase()}_ESXI`, tests }));
}

export function classNameOf(file: string): string {
  const name = file.slice(file.lastIndexOf("/") + 1).replace(/(_test)?\.py$/, "");
  return `Test${name
    .split("_")
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join("")}`;
}

/** What a test does in a build: most pass; some regress from the third build on, some flicker, some are always broken or left out. */
export function mainStatus(index: number, build: number): Status | "ERROR" {
  if (index % 23 === 5) return build >= 103 ? "FAILED" : "PASSED";
  if (index % 29 === 7) return build % 2 === 0 ? "FAILED" : "PASSED";
  if (index % 31 === 11) return "ERROR";
  return index % 37 === 13 ? "SKIPPED" : "PASSED";
}

/** Every failing test is run again; some then pass. null: not run again. */
export function rerunStatus(index: number, build: number): Status | null {
  const main = mainStatus(index, build);
  return main === "PASSED" || main === "SKIPPED" ? null : index % 29 === 7 && index % 2 === 0 ? "PASSED" : "FAILED";
}

export function timestampOf(build: number): number {
  return Date.UTC(2026, 0, 1) + (build - 100) * 86_400_000;
}

export function moduleBuildOf(build: number): number {
  return build - 93;
}

export function parentBuildOf(moduleBuild: number): number {
  return moduleBuild + 93;
}
