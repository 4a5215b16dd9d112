import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createEventHub } from "../../src/control/index.ts";
import type { RuntimeEvent, SequencedEvent } from "../../src/model/index.ts";

const draining = (detail: string): RuntimeEvent => ({ kind: "runtime.draining", atMs: 0, detail });
const progress = (atMs: number, attemptId = "a_1"): RuntimeEvent => ({
  kind: "attempt.progress",
  atMs,
  jobId: "j",
  attemptId,
  type: "t",
  lane: "l",
  done: atMs,
  total: null,
  note: null,
});

function hub(kept = 5) {
  const errors: unknown[] = [];
  return { errors, ...createEventHub({ startedAtMs: 1_700_000_000_000, onSubscriberError: (error) => errors.push(error), kept }) };
}

function details(events: readonly SequencedEvent[] | "reset"): readonly string[] | "reset" {
  return events === "reset" ? events : events.map(({ event }) => (event.kind === "runtime.draining" ? event.detail : event.kind));
}

describe("event hub", () => {
  it("replays what is kept, and says reset for what is not", () => {
    const events = hub();
    const start = events.lastSeq();
    for (let index = 1; index <= 8; index += 1) events.publish(draining(String(index)));
    assert.deepEqual(details(events.since(start + 8)), []);
    assert.deepEqual(details(events.since(start + 6)), ["7", "8"]);
    assert.deepEqual(details(events.since(start + 3)), ["4", "5", "6", "7", "8"]);
    assert.equal(events.since(start + 2), "reset");
    assert.equal(events.since(start + 9), "reset");
    assert.equal(events.since(0), "reset");
  });

  it("numbers of an earlier run are never mistaken for this run's", () => {
    const before = hub();
    for (let index = 0; index < 100; index += 1) before.publish(draining("x"));
    const after = createEventHub({ startedAtMs: 1_700_000_000_100, onSubscriberError: () => {} });
    after.publish(draining("y"));
    assert.equal(after.since(before.lastSeq()), "reset");
    assert.ok(Number.isSafeInteger(after.lastSeq()));
  });

  it("progress is thinned for each attempt by itself, everything else is not", () => {
    const events = hub(100);
    const seen: number[] = [];
    events.subscribe(({ event }) => seen.push(event.atMs));
    for (const atMs of [0, 100, 249, 250, 400]) events.publish(progress(atMs));
    events.publish(progress(401, "a_2"));
    assert.deepEqual(seen, [0, 250, 401]);
  });

  it("a subscriber that throws harms nobody else; one that left hears nothing", () => {
    const events = hub();
    const heard: string[] = [];
    events.subscribe(() => {
      throw new Error("mine");
    });
    const leave = events.subscribe(({ event }) => heard.push(event.kind));
    events.publish(draining("1"));
    leave();
    events.publish(draining("2"));
    assert.deepEqual(heard, ["runtime.draining"]);
    assert.equal(events.errors.length, 2);
  });
});
