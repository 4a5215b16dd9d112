import assert from "node:assert/strict";
import { test } from "node:test";
import { createMemoryBook } from "../../src/dispatch/memory-book.ts";
import { planMemory } from "../../src/memory-plan.ts";
import { jobTypeOf } from "../job-type.ts";
import { createFakeClock } from "./fake-clock.ts";

const MIB = 1024 ** 2;

test("where services take all the memory, jobs run one at a time", (context) => {
  const jobType = jobTypeOf("any");
  for (const apartMib of [255, 256, 512]) {
    const plan = planMemory({
      config: { limitBytes: 512 * MIB, marginBytes: null, reservationBytes: 512 * MIB, bypassMax: 1, bypassMs: 1000, gate: false },
      clock: createFakeClock(),
      needBytes: () => null,
      apartBytes: () => apartMib * MIB,
    });
    context.after(() => plan.watch.stop());
    const book = createMemoryBook(plan.options, () => true);
    const bytes = book.reservation(jobType, "default");
    assert.equal(book.isAmple([{ lane: "default", slots: 8 }], new Map([["any", jobType]]), { bytes: 0, slots: 0 }), false);
    assert.equal(book.slotsThatFit(jobType, "default", { bytes: 0, slots: 0 }, 0), 1);
    assert.equal(book.slotsThatFit(jobType, "default", { bytes, slots: 1 }, 0), 0, "while one runs");
  }
});
