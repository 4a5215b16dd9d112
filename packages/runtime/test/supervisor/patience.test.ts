import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { ProcessStat } from "../../src/governor/index.ts";
import { systemClock } from "../../src/platform/index.ts";
import { createPatience } from "../../src/supervisor/patience.ts";

const AT_FIRST: ProcessStat = { pid: 7, startTicks: 1, name: "node", state: "R", parentPid: 1, groupId: 7, sessionId: 7, cpuTicks: 100, threads: 11, residentPages: 1 };

/** Looks every 50 ms of a made-up clock until it is not worth waiting any longer: why, and after how many ms. */
function wait(threadAt: (ms: number) => Partial<ProcessStat> | null): readonly [string, number] {
  let nowMs = 0;
  const look = (): ProcessStat | null => {
    const seen = threadAt(nowMs);
    return seen === null ? null : { ...AT_FIRST, ...seen };
  };
  const impatience = createPatience(AT_FIRST, { ticksMax: 50, wallMsMax: 45_000 }, { ...systemClock, monotonicMs: () => nowMs }, look);
  for (;;) {
    nowMs += 50;
    const why = impatience();
    if (why !== null) return [why, nowMs];
  }
}

describe("patience with a thread that does not answer", () => {
  it("ends when it had its time", () => {
    assert.deepEqual(
      wait((ms) => ({ cpuTicks: 100 + ms / 10 })),
      ["ran", 550],
    );
  });

  it("lasts where the machine gives it little time, but not for ever", () => {
    assert.deepEqual(
      wait((ms) => ({ cpuTicks: 100 + ms / 500 })),
      ["ran", 25_050],
    );
    assert.deepEqual(
      wait(() => ({})),
      ["starved", 45_050],
    );
  });

  it("ends when it sleeps", () => {
    assert.deepEqual(
      wait(() => ({ state: "S" })),
      ["slept", 1500],
    );
    assert.deepEqual(
      wait((ms) => ({ state: ms < 1000 ? "R" : "S" })),
      ["slept", 2450],
    );
  });

  it("lasts longer while it waits for a disk", () => {
    assert.deepEqual(
      wait((ms) => (ms < 9000 ? { state: "D" } : { state: "R", cpuTicks: 100 + (ms - 9000) / 10 })),
      ["ran", 9550],
    );
    assert.deepEqual(
      wait(() => ({ state: "D" })),
      ["slept", 10_000],
    );
  });

  it("ends with its process, whoever has the pid now", () => {
    assert.deepEqual(
      wait(() => null),
      ["gone", 50],
    );
    assert.deepEqual(
      wait((ms) => ({ startTicks: ms < 200 ? 1 : 2 })),
      ["gone", 200],
    );
  });
});
