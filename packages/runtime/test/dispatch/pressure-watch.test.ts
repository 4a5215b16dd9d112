import assert from "node:assert/strict";
import { it } from "node:test";
import { createPressureWatch } from "../../src/dispatch/index.ts";
import type { MemoryReading, PressureLevel } from "../../src/model/index.ts";
import { createFakeClock } from "./fake-clock.ts";

const LIMIT_BYTES = 1000;

it("a machine that is pressed before anybody listens is told to whoever comes late, then only its changes", async () => {
  const clock = createFakeClock();
  let availableBytes = 10;
  const watch = createPressureWatch({ clock, limitBytes: LIMIT_BYTES, read: (): MemoryReading => ({ availableBytes, stallPercent: null }) });
  assert.equal(watch.now().level, "high");
  const heard: PressureLevel[] = [];
  watch.listen(({ level }) => heard.push(level));
  assert.deepEqual(heard, ["high"]);
  await clock.pass(1000);
  assert.deepEqual(heard, ["high"], "nothing has changed");
  availableBytes = 900;
  await clock.pass(1000);
  assert.deepEqual(heard, ["high", "none"]);
  const late: PressureLevel[] = [];
  watch.listen(({ level }) => late.push(level));
  assert.deepEqual(late, [], "there is nothing to tell");
  watch.stop();
  assert.equal(clock.timers(), 0);
});
