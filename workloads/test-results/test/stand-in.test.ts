import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { startStandIn } from "../src/stand-in/server.ts";
import { makeWorld } from "../src/stand-in/world.ts";
import { testcaseModuleOf } from "../src/import/result-row.ts";
import { cleanUp } from "workload-command-line/testing";

describe("the stand-in", () => {
  it("is a small Jenkins with faults on request, and keeps a log", async (test) => {
    const jenkins = await startStandIn(makeWorld({ casesPerModule: 5, builds: 2, paths: null }));
    cleanUp(test, () => jenkins.close());
    const builds = await (await fetch(`${jenkins.parentUrl}api/json?tree=builds[number]{0,100}`)).json();
    assert.deepEqual(builds, { builds: [{ number: 102 }, { number: 101 }] });
    const control = async (body: object): Promise<number> => (await fetch(`${jenkins.url}/__control`, { method: "POST", body: JSON.stringify(body) })).status;
    assert.equal(await control({ path: "/102/", fault: "500", count: 1 }), 200);
    assert.equal(await control({ path: "/102/", fault: "odd" }), 400);
    assert.equal((await fetch(`${jenkins.parentUrl}102/api/json`)).status, 500);
    assert.equal((await fetch(`${jenkins.parentUrl}102/api/json`)).status, 200);
    assert.equal(await control({ path: "report.xml", fault: "missing-artifact" }), 200);
    const build = (await (await fetch(`${jenkins.url}/job/ROUTING-ESXI/8/api/json`)).json()) as { readonly artifacts: readonly { readonly fileName: string }[] };
    assert.ok(!build.artifacts.some(({ fileName }) => fileName === "report.xml"));
    assert.equal((await fetch(`${jenkins.url}/job/ROUTING-ESXI/8/artifact/hapy/reports/junit/5s/report.xml`)).status, 404);
    assert.equal(jenkins.log().filter(({ fault }) => fault === "500").length, 1);
  });

  it("makes its tests from a file of paths: each group with its count, named tests first", () => {
    const paths = [
      { kind: "group", path_module: "routing", jenkins_module: "other", count: 3 },
      { kind: "test", path_module: "routing", jenkins_module: "other", test_name: "test_peer", file_path: "data_plane/tests/routing/bgp/bgp_test.py" },
      { kind: "group", path_module: "vpn", jenkins_module: "other", count: 1 },
      { kind: "group", path_module: "vpn", jenkins_module: "ipv6", count: 2 },
    ];
    const world = makeWorld({ casesPerModule: 0, builds: 1, paths: paths.map((line) => JSON.stringify(line)).join("\n") });
    assert.deepEqual(
      world.modules.map(({ key, tests }) => [key, tests.map(({ file }) => testcaseModuleOf(file)).join()]),
      [
        ["OTHER_ESXI", "routing,routing,routing,vpn"],
        ["IPV6_ESXI", "vpn,vpn"],
      ],
    );
    assert.equal(world.modules[0]?.tests[0]?.name, "test_peer");
  });
});
