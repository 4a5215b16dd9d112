import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import fc from "fast-check";
import { compareOrderFiles, parseOrderFileName } from "../src/order/order-file-name.ts";
import type { OrderResult, Status } from "../src/order/order-line.ts";
import { openStaging } from "../src/import/staging.ts";
import { makeDirectory } from "workload-command-line/testing";

type File = readonly [string, readonly OrderResult[]];

interface Merged {
  place: number;
  status: Status;
  rerun: number;
  stillFailed: number;
}

/** The rules once more, as plainly as they can be said, in memory. */
function mergePlainly(files: readonly File[]): string[] {
  const topologies = new Map<string, Map<string, Merged>>();
  for (const [name, results] of [...files].sort((a, b) => compareOrderFiles(a[0], b[0]))) {
    const { kind, topology } = parseOrderFileName(name);
    const merged = topologies.get(topology) ?? new Map<string, Merged>();
    topologies.set(topology, merged);
    const inFile = new Map<string, { place: number; status: Status }>();
    results.forEach(({ test, status }, place) => inFile.set(test, { place: inFile.get(test)?.place ?? place, status }));
    const last = Math.max(-1, ...[...merged.values()].map((each) => each.place));
    let appended = 0;
    for (const [test, { place, status }] of [...inFile].sort((a, b) => a[1].place - b[1].place)) {
      const known = merged.get(test);
      const rerun = kind === "rerun" ? 1 : 0;
      const stillFailed = rerun === 1 && status === "FAILED" ? 1 : 0;
      if (known !== undefined) Object.assign(known, { status, rerun: Math.max(rerun, known.rerun), stillFailed });
      else {
        appended += 1;
        merged.set(test, { place: last === -1 ? place : last + appended, status, rerun, stillFailed });
      }
    }
  }
  return [...topologies]
    .flatMap(([topology, merged]) => [...merged].map(([test, each]) => [topology, each.place, test, each.status, each.rerun, each.stillFailed].join("|")))
    .sort();
}

const result = fc.record({
  setupIp: fc.constant("1"),
  status: fc.constantFrom<Status>("PASSED", "FAILED", "SKIPPED"),
  file: fc.constant("f"),
  className: fc.constant("C"),
  test: fc.constantFrom("a", "b", "c", "d", "e"),
});
const file = fc.tuple(
  fc.constantFrom("1_bp_x.order.txt", "20_bp_x.order.txt", "3_bp_y.order.txt", "re_run_bp_x.order.txt", "re_run_bp_y.order.txt", "foo.order.txt"),
  fc.array(result, { maxLength: 8 }),
);

describe("merging order files", () => {
  it("does what the rules say, for any files in any batches", async (test) => {
    const directory = await makeDirectory(test);
    let run = 0;
    fc.assert(
      fc.property(fc.uniqueArray(file, { selector: ([name]) => name, maxLength: 6 }), fc.integer({ min: 1, max: 4 }), (files, batch) => {
        const path = join(directory, `staging-${run++}.db`);
        const staging = openStaging(path);
        for (const [name, results] of [...files].sort((a, b) => compareOrderFiles(a[0], b[0]))) {
          for (let at = 0; at < results.length; at += batch) staging.addOrderResults(results.slice(at, at + batch));
          staging.applyOrderFile(parseOrderFileName(name));
        }
        const rows = [...staging.mergedRows()].map((row) => [row.topology, row.orderIndex, row.name, row.status, Number(row.wasRerun), Number(row.rerunStillFailed)].join("|"));
        staging.close();
        rmSync(path);
        assert.deepEqual(rows.sort(), mergePlainly(files));
      }),
      { numRuns: 100 },
    );
  });
});
