import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { readMetadataCsv, storeMetadata } from "../src/metadata.ts";
import { onEachDatabase } from "workload-database/testing";
import { makeBench } from "./workbench.ts";

describe("metadata from a CSV", () => {
  it("is read by the names of the columns, quotes and all", () => {
    assert.deepEqual(readMetadataCsv('\uFEFFpriority,name,topology,owner\r\nP0,test_a,5s,x\r\n"P1","test ""b"", c",,\n,,,\n'), [
      { name: "test_a", priority: "P0", topology: "5s" },
      { name: 'test "b", c', priority: "P1", topology: null },
    ]);
    assert.throws(() => readMetadataCsv("a,b\n1,2"), { code: "usage" });
    assert.deepEqual(readMetadataCsv("name"), []);
  });
});

onEachDatabase("metadata of tests", (fresh) => {
  it("is used by the next import, and replaced by the next CSV", async (test) => {
    const bench = await makeBench(test, {}, fresh);
    await storeMetadata(bench.database, [{ name: "test_a", priority: "P2", topology: null }], null);
    await storeMetadata(bench.database, [{ name: "test_a", priority: "P1", topology: null }], null);
    await storeMetadata(bench.database, [{ name: "test_b", priority: "P0", topology: null }], "6.1");
    await bench.run({ "1_bp_5s.order.txt": "[1] PASSED f::C::test_a[x]\n[1] PASSED f::C::test_b" });
    assert.deepEqual(
      (await bench.all("SELECT priority FROM test_results ORDER BY order_index")).map((row) => row["priority"]),
      ["P1", "P0"],
    );
  });
});
