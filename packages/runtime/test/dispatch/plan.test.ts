import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Lease } from "../../src/model/index.ts";
import { aheadOf, HAND_AHEAD_MAX, nextPace, NO_PACE, type Pace } from "../../src/dispatch/pace.ts";
import { nextAhead } from "../../src/dispatch/lane-book.ts";
import { PACK_CHARACTERS_MAX, packLeases } from "../../src/dispatch/pack-leases.ts";
import { CLAIM_LIMIT_MAX, STOCK_AHEAD_MIN, planClaims, type DispatchState } from "../../src/dispatch/plan-claims.ts";

const small = fc.integer({ min: 0, max: 12 });
const ahead = fc.constantFrom(1, 2, 4, 8, 16);
const lanes = fc.uniqueArray(
  fc.record({
    name: fc.constantFrom("a", "b", "c", "d"),
    concurrency: small,
    running: small,
    paused: fc.boolean(),
    claiming: fc.boolean(),
    hungry: fc.boolean(),
    ahead,
    stocked: fc.integer({ min: 0, max: 300 }),
  }),
  { selector: (lane) => lane.name, maxLength: 4 },
);
const limitedTypes = fc.uniqueArray(
  fc.record({ type: fc.constantFrom("x", "y", "z"), concurrency: fc.integer({ min: 1, max: 8 }), running: small, reserved: small, ahead: fc.constantFrom(1, 16) }),
  {
    selector: (type) => type.type,
    maxLength: 3,
  },
);
const state: fc.Arbitrary<DispatchState> = fc.record({ lanes, limitedTypes, unknownTypes: fc.constantFrom([], ["gone"]), memorySlots: fc.constant(null) });

test("a lane is asked for only when it may and can run something, and for no more than its free slots take", () => {
  fc.assert(
    fc.property(state, (given) => {
      for (const claim of planClaims(given)) {
        const lane = given.lanes.find((each) => each.name === claim.lane);
        assert.ok(lane !== undefined && !lane.paused && !lane.claiming && lane.hungry);
        assert.equal(claim.slots, Math.max(0, lane.concurrency - lane.running));
        const most = claim.slots > 0 ? claim.slots * lane.ahead : lane.concurrency * lane.ahead - lane.stocked;
        assert.ok(claim.limit >= 1 && claim.limit <= Math.min(most, CLAIM_LIMIT_MAX));
        if (claim.slots === 0) assert.ok(lane.ahead >= STOCK_AHEAD_MIN && given.limitedTypes.length === 0, "only short work is claimed before a slot is free");
      }
    }),
  );
});

test("all claims together never promise more slots of a type than are free", () => {
  fc.assert(
    fc.property(state, (given) => {
      const claims = planClaims(given);
      for (const limited of given.limitedTypes) {
        const free = Math.max(0, limited.concurrency - limited.running - limited.reserved);
        let promised = 0;
        for (const claim of claims) {
          const slots = claim.reserves.get(limited.type) ?? 0;
          promised += slots;
          assert.ok((claim.perType.get(limited.type) ?? claim.limit) <= slots * limited.ahead || slots * limited.ahead >= claim.limit);
        }
        assert.ok(promised <= free);
      }
    }),
  );
});

test("types whose module is not loaded are never asked for", () => {
  fc.assert(
    fc.property(state, (given) => {
      for (const claim of planClaims(given)) for (const type of given.unknownTypes) assert.equal(claim.perType.get(type), 0);
    }),
  );
});

function leasesOf(types: readonly string[], inputs: readonly string[] = []): Lease[] {
  return types.map((type, index) => ({
    jobId: `j${index}`,
    attemptId: `a${index}`,
    attempt: 1,
    token: `t${index}`,
    type,
    lane: "a",
    input: inputs[index] ?? "null",
    checkpoint: null,
    errors: 0,
    deaths: 0,
    leasedAtMs: 0,
    runAtMs: 0,
  }));
}

test("packing keeps every limit, loses nothing, and leaves no slot idle while something waits for one", () => {
  const types = fc.array(fc.constantFrom("short", "brief", "long", "single"), { maxLength: 60 });
  fc.assert(
    fc.property(types, small, (given, slots) => {
      const leases = leasesOf(given);
      const room = { slots, aheadOf: (type: string) => (type === "short" || type === "brief" ? HAND_AHEAD_MAX : 1), slotsOf: (type: string) => (type === "single" ? 1 : null) };
      const { packs, excess } = packLeases(leases, room);
      assert.ok(packs.length <= slots);
      for (const pack of packs) {
        assert.ok(pack.length >= 1 && pack.length <= room.aheadOf(pack[0]?.type ?? ""));
        assert.equal(new Set(pack.map((lease) => lease.type)).size, 1);
      }
      assert.ok(packs.filter((pack) => pack[0]?.type === "single").length <= 1);
      assert.deepEqual([...packs.flat(), ...excess].map((lease) => lease.jobId).sort(), leases.map((lease) => lease.jobId).sort());
      if (packs.length < slots) {
        assert.ok(excess.every((lease) => lease.type === "single"));
        assert.ok(packs.every((pack) => pack.length === 1));
      }
    }),
  );
});

test("packing keeps the queue's order inside a pack", () => {
  const { packs } = packLeases(leasesOf(Array.from({ length: 10 }, () => "short")), { slots: 2, aheadOf: () => 16, slotsOf: () => null });
  assert.deepEqual(
    packs.map((pack) => pack.map((lease) => lease.jobId)),
    [
      ["j0", "j1", "j2", "j3", "j4"],
      ["j5", "j6", "j7", "j8", "j9"],
    ],
  );
});

test("large inputs go into packs of their own, however many a worker may be handed", () => {
  const large = "x".repeat(PACK_CHARACTERS_MAX / 2);
  const inputs = ["null", large, "null", large, large, "x".repeat(PACK_CHARACTERS_MAX + 1), "null"];
  const types = inputs.map(() => "short");
  const { packs, excess } = packLeases(leasesOf(types, inputs), { slots: 4, aheadOf: () => 16, slotsOf: () => null });
  assert.deepEqual(
    [...packs, excess].map((pack) => pack.map((lease) => lease.jobId)),
    [["j0", "j1", "j2"], ["j3", "j4"], ["j5"], ["j6"], []],
  );
});

function paceAfter(...endings: Parameters<typeof nextPace>[1][]): Pace {
  return endings.reduce(nextPace, NO_PACE);
}

test("a type is handed ahead only after several short, clean ends, and no more after one bad one", () => {
  const short = { kind: "clean", wallMs: 2 } as const;
  const instant = { kind: "clean", wallMs: 0.05 } as const;
  assert.equal(aheadOf(paceAfter(short, short, short)), 1);
  assert.equal(aheadOf(paceAfter(short, short, short, short)), 12, "25 ms of work");
  assert.equal(aheadOf(paceAfter(instant, instant, instant, instant)), HAND_AHEAD_MAX);
  assert.equal(aheadOf(paceAfter(short, short, short, short, { kind: "abnormal" })), 1);
  assert.equal(aheadOf(paceAfter(short, short, short, short, { kind: "not-started" }, short)), 1);
  assert.equal(aheadOf(paceAfter(short, short, short, short, { kind: "clean", wallMs: 500 })), 1);
});

test("asking ahead grows step by step, up to what the slowest type takes, and gives way to excess", () => {
  assert.equal(nextAhead(1, { full: true, excess: 0, aheadMin: 25 }), 2);
  assert.equal(nextAhead(16, { full: true, excess: 0, aheadMin: 25 }), 25);
  assert.equal(nextAhead(25, { full: true, excess: 0, aheadMin: 20 }), 20);
  assert.equal(nextAhead(HAND_AHEAD_MAX, { full: true, excess: 0, aheadMin: Number.POSITIVE_INFINITY }), HAND_AHEAD_MAX);
  assert.equal(nextAhead(4, { full: false, excess: 0, aheadMin: Number.POSITIVE_INFINITY }), 4);
  assert.equal(nextAhead(16, { full: true, excess: 0, aheadMin: 1 }), 1);
  assert.equal(nextAhead(16, { full: true, excess: 3, aheadMin: 25 }), 8);
});
