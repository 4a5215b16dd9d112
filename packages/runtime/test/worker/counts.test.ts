// What jobs count goes out in messages that the host takes, whatever they count.
import assert from "node:assert/strict";
import { test } from "node:test";
import { checkMessage, HEADER_BYTES_MAX, type CountMessage } from "../../src/wire/index.ts";
import { createCounts } from "../../src/worker/counts.ts";

test("a counter counts up by numbers, and by nothing else", () => {
  const sent: CountMessage[] = [];
  const counts = createCounts((message) => sent.push(message));
  for (const by of ["3", null, -1, Number.NaN, Number.POSITIVE_INFINITY, 1n]) assert.throws(() => counts.add("t", "pages", by as number), RangeError);
  counts.add("t", "pages", 2);
  counts.add("t", "pages", 0.5);
  counts.flush();
  assert.deepEqual(sent, [{ kind: "counted", type: "t", counts: [["pages", 2.5]] }]);
});

test("any number of names goes out in messages that are small enough", () => {
  const sent: string[] = [];
  const counts = createCounts((message) => sent.push(JSON.stringify(message)));
  for (let index = 0; index < 20_000; index += 1) counts.add("t", `n${index}`.padEnd(80, "x"), 1);
  counts.flush();
  assert.ok(sent.every((header) => Buffer.byteLength(header) <= HEADER_BYTES_MAX && checkMessage(JSON.parse(header)) !== null));
  assert.equal(sent.flatMap((header) => (JSON.parse(header) as CountMessage).counts).length, 20_000);
});
