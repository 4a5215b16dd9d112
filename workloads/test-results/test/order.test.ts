import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { testcaseModuleOf } from "../src/import/result-row.ts";
import { compareOrderFiles, parseOrderFileName } from "../src/order/order-file-name.ts";
import { parseOrderLine } from "../src/order/order-line.ts";

describe("a line of an order file", () => {
  it("is setup, status, file, class and test, wherever it begins", () => {
    assert.deepEqual(parseOrderLine("12: [10.0.0.5] PASSED data_plane/tests/routing/bgp/bgp_test.py::TestBgp::test_peer[a::b]"), {
      setupIp: "10.0.0.5",
      status: "PASSED",
      file: "data_plane/tests/routing/bgp/bgp_test.py",
      className: "TestBgp",
      test: "test_peer[a::b]",
    });
  });
  it("has no NUL in it, whatever its log has", () => assert.equal(parseOrderLine("[1] PASSED a.py::T::t\0x")?.test, "t\uFFFDx"));
  it("counts ERROR as FAILED and trims the end", () => {
    const result = parseOrderLine("[gw1]  ERROR  a.py::T::t \t\r");
    assert.equal(result?.status, "FAILED");
    assert.equal(result?.test, "t");
  });
  for (const line of ["[10.0.0.5] PASSED tests/a.py::test_only", "", "collected 12 items", "[x] XPASS a::b::c", "PASSED a::b::c", `[x] PASSED ${"a".repeat(70_000)}::b::c`]) {
    it(`is ignored: ${line.slice(0, 50)}`, () => assert.equal(parseOrderLine(line), null));
  }
  it("gives the third segment as module", () => {
    assert.equal(testcaseModuleOf("data_plane/tests/routing/bgp/bgp_test.py"), "routing");
    assert.equal(testcaseModuleOf("data_plane/tests/loose_test.py"), null);
    assert.equal(testcaseModuleOf("tests/routing/x.py"), null);
  });
});

describe("the name of an order file", () => {
  const names = [
    ["re_run_bp_others_routing.order.txt", "rerun", "others_routing", 0],
    ["1767888104_bp_5s.order.txt", "main", "5s", 1_767_888_104],
    ["1767888104_bp_3_site_ha.order.txt", "main", "3_site_ha", 1_767_888_104],
    ["foo.order.txt", "main", "unknown", 0],
    ["re_run_bp.order.txt", "rerun", "unknown", 0],
  ] as const;
  for (const [name, kind, topology, epoch] of names) {
    it(`${name} is a ${kind} of ${topology}`, () => assert.deepEqual(parseOrderFileName(name), { kind, topology, epoch }));
  }
  it("puts main files by epoch before reruns", () => {
    const sorted = ["re_run_bp_a.order.txt", "20_bp_a.order.txt", "x/3_bp_a.order.txt"].sort(compareOrderFiles);
    assert.deepEqual(sorted, ["x/3_bp_a.order.txt", "20_bp_a.order.txt", "re_run_bp_a.order.txt"]);
  });
});
