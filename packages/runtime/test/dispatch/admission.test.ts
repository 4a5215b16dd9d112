import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { chooseKept, reservationOf, slotsThatFit, type AdmissionRule, type BlockedHead } from "../../src/dispatch/admission.ts";
import { judgePressure } from "../../src/dispatch/pressure.ts";
import { PRESSURE_LEVELS } from "../../src/model/index.ts";

const RULE: AdmissionRule = { capacityBytes: 1000, bypassMax: 3, bypassMs: 100 };
const bytes = fc.integer({ min: 1, max: 1200 });
const name = fc.constantFrom("a", "b");
const head: fc.Arbitrary<BlockedHead> = fc.record({
  lane: name,
  type: name,
  jobId: fc.constant("j"),
  needBytes: fc.integer({ min: 1, max: 1000 }),
  sinceMs: fc.integer({ min: 0, max: 300 }),
  bypassed: fc.integer({ min: 0, max: 5 }),
});

test("what is reserved never passes the capacity, nor takes what is kept for another", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1000 }), bytes, fc.option(head), name, name, (reservedBytes, wanted, keptFor, lane, type) => {
      const needBytes = reservationOf(wanted, RULE);
      const slots = slotsThatFit({ lane, type, needBytes }, { reservedBytes, running: 1, gate: "open", keptFor }, RULE);
      assert.ok(slots >= 0 && reservedBytes + slots * needBytes <= RULE.capacityBytes);
      const isOther = keptFor !== null && (keptFor.lane !== lane || keptFor.type !== type);
      if (isOther && slots > 0) assert.ok(reservedBytes + slots * needBytes + keptFor.needBytes <= RULE.capacityBytes);
    }),
  );
});

test("a job larger than everything fits alone, so it is never stuck for good", () => {
  fc.assert(
    fc.property(bytes, (wanted) => {
      const candidate = { lane: "a", type: "a", needBytes: reservationOf(wanted, RULE) };
      for (const gate of ["open", "closed"] as const) assert.ok(slotsThatFit(candidate, { reservedBytes: 0, running: 0, gate, keptFor: null }, RULE) >= 1);
    }),
  );
});

test("while the gate is closed nothing is added to what runs", () => {
  fc.assert(
    fc.property(bytes, fc.integer({ min: 1, max: 9 }), (needBytes, running) =>
      assert.equal(slotsThatFit({ lane: "a", type: "a", needBytes }, { reservedBytes: 0, running, gate: "closed", keptFor: null }, RULE), 0),
    ),
  );
});

test("room is kept for the one that waited longest of those that were passed too often or too long", () => {
  fc.assert(
    fc.property(fc.array(head), fc.integer({ min: 0, max: 500 }), (heads, nowMs) => {
      const over = heads.filter(({ bypassed, sinceMs }) => bypassed >= RULE.bypassMax || nowMs - sinceMs >= RULE.bypassMs);
      const kept = chooseKept(heads, nowMs, RULE);
      if (over.length === 0) assert.equal(kept, null);
      else assert.equal(kept?.sinceMs, Math.min(...over.map(({ sinceMs }) => sinceMs)));
    }),
  );
});

test("pressure: worse readings never make a lower level, and a level is not left where it was entered", () => {
  const reading = fc.record({ availableBytes: fc.integer({ min: 0, max: 1000 }), stallPercent: fc.option(fc.integer({ min: 0, max: 100 })) });
  const rank = (level: (typeof PRESSURE_LEVELS)[number]) => PRESSURE_LEVELS.indexOf(level);
  fc.assert(
    fc.property(fc.constantFrom(...PRESSURE_LEVELS), reading, fc.integer({ min: 0, max: 1000 }), (before, given, less) => {
      const level = rank(judgePressure(before, given, 1000).level);
      const worse = { ...given, availableBytes: Math.max(0, given.availableBytes - less) };
      assert.ok(rank(judgePressure(before, worse, 1000).level) >= level);
      assert.ok(rank(judgePressure("high", given, 1000).level) >= rank(judgePressure("none", given, 1000).level));
    }),
  );
  assert.equal(judgePressure("none", { availableBytes: 40, stallPercent: 0 }, 1000).level, "high");
  assert.equal(judgePressure("high", { availableBytes: 90, stallPercent: 0 }, 1000).level, "high", "not left before a tenth is free");
  assert.equal(judgePressure("high", { availableBytes: 110, stallPercent: 0 }, 1000).level, "some");
  assert.equal(judgePressure("some", { availableBytes: 900, stallPercent: 6 }, 1000).level, "some");
  assert.match(judgePressure("none", { availableBytes: 900, stallPercent: 55 }, 1000).reason, /in 55 % of the last ten seconds/);
});
