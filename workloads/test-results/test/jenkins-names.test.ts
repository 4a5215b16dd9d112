import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { build, environmentOf } from "../src/jenkins/answers.ts";
import { keptArtifacts, moduleJobNameOf, moduleNameOf, moduleUrlOf, parseParentUrl, releaseFromUrl, releaseOfVersion, safeSegment, versionOf } from "../src/jenkins/names.ts";

describe("Jenkins' names", () => {
  const modules = [
    ["VPN_MODULE_ESXI", "vpn_module", "VPN-MODULE-ESXI"],
    ["FOO_MODULE", "foo", "FOO-MODULE"],
    ["BUSINESS_POLICY_ESXI", "business_policy", "BUSINESS-POLICY-ESXI"],
    ["plain-name", "plain_name", "plain-name"],
  ] as const;
  for (const [key, name, job] of modules) {
    it(`${key} is the module ${name}, the job ${job}`, () => {
      assert.equal(moduleNameOf(key), name);
      assert.equal(moduleJobNameOf(key), job);
    });
  }
  it("finds the module beside the parent job", () => {
    const address = parseParentUrl("http://127.0.0.1:8080/job/folder/job/QA_Release_6.1/105/");
    assert.deepEqual(address, { jobUrl: "http://127.0.0.1:8080/job/folder/job/QA_Release_6.1/", base: "http://127.0.0.1:8080/job/folder", build: 105 });
    assert.equal(moduleUrlOf(address?.base ?? "", "VPN_MODULE_ESXI", 8), "http://127.0.0.1:8080/job/folder/job/VPN-MODULE-ESXI/8/");
    assert.equal(parseParentUrl("http://127.0.0.1/job/a")?.build, null);
    for (const bad of ["nonsense", "http://127.0.0.1/", "file:///job/a/1", "http://127.0.0.1/view/x"]) assert.equal(parseParentUrl(bad), null, bad);
  });
  it("derives release and version", () => {
    assert.equal(releaseFromUrl("http://h/job/QA_Release_6.1/105/"), "6.1");
    assert.equal(releaseFromUrl("http://h/job/QA_Release_6.1"), "6.1");
    assert.equal(releaseFromUrl("http://h/job/other/1/"), null);
    assert.equal(versionOf("#105 VER:  6.1.0.123 nightly"), "6.1.0.123");
    assert.equal(versionOf("VER: 6.1"), null);
    assert.equal(releaseOfVersion("6.1.0.123"), "6.1");
  });
  it("keeps order files and reports, apart when they have one name, and nothing that leads elsewhere", () => {
    const listed = [
      "hapy/a/1_bp_5s.order.txt",
      "hapy/b/1_bp_5s.order.txt",
      "hapy/reports/junit/5s/r.xml",
      "hapy/reports/junit/r.xml",
      "hapy/reports/other/r.xml",
      "x/1_bp_5s.order.txt",
      "hapy/../../etc/x.order.txt",
      "hapy/log.txt",
    ];
    assert.deepEqual(
      keptArtifacts(listed).map((each) => each.target),
      ["1_bp_5s.order.txt", "2/1_bp_5s.order.txt", "junit/5s/r.xml"],
    );
  });
  it("keeps a name as it is on disk, unless it would lead elsewhere or not fit; then it is still of its own", () => {
    for (const name of ["1_bp_5 s (ä).order.txt", "x".repeat(240), "..."]) assert.equal(safeSegment(name), name);
    assert.match(safeSegment("../x"), /^\.\._x-[0-9a-f]{12}$/);
    assert.match(safeSegment("a\nb.xml"), /^a_b-[0-9a-f]{12}\.xml$/);
    for (const name of ["", ".", ".."]) assert.match(safeSegment(name), /^\.{0,2}-[0-9a-f]{12}$/);
    for (const ending of [".xml", ".order.txt", ""]) {
      const cut = safeSegment(`${"ä".repeat(300)}${ending}`);
      assert.ok(cut.endsWith(ending) && !cut.includes("\uFFFD") && Buffer.byteLength(cut) <= 240, cut);
    }
    assert.notEqual(safeSegment("y".repeat(300)), safeSegment("y".repeat(301)));
  });
  it("knows a staging run", () => {
    const parameters = (value: unknown): unknown => ({ number: 1, timestamp: 0, actions: [null, {}, { parameters: [{ name: "RUN_STAGING_TESTS_ONLY", value }] }] });
    assert.equal(environmentOf(build.parse(parameters(true))), "staging");
    assert.equal(environmentOf(build.parse(parameters("true"))), "staging");
    assert.equal(environmentOf(build.parse(parameters(false))), "prod");
    assert.equal(environmentOf(build.parse({ number: 1, timestamp: 0 })), "prod");
  });
});
