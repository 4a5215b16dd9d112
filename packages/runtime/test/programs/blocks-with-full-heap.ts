import { url } from "node:inspector";
import { setImmediate } from "node:timers/promises";
import { getHeapStatistics } from "node:v8";
import { defineJob } from "cofferdam";

/** Fills most of its heap while its loop turns, then blocks: until that is noticed, then by what V8 does for the last of its room. */
export default defineJob({
  type: "program.blocks-with-full-heap",
  budget: { memory: "160MB", block: "1s" },
  async run() {
    const { heap_size_limit: limitBytes } = getHeapStatistics();
    const kept: object[] = [];
    while (getHeapStatistics().used_heap_size < limitBytes * 0.8) {
      for (let block = 0; block < 20; block += 1) kept.push(Array.from({ length: 4000 }, (_, at) => at));
      await setImmediate();
    }
    // Its inspector is open as soon as its supervisor has found that it blocks: no sooner, however little of the machine it gets. A little later it is held there.
    while (url() === undefined);
    for (const untilMs = ownMs() + 200; ownMs() < untilMs;);
    for (let row = 0; ; row += 1) kept.push({ row, text: `row ${row}` });
  },
});

/** What the machine has given to this thread so far. */
function ownMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}
