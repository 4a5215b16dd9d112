import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

const ROOM_BYTES = 24 * 1024 * 1024;
const STEP_BYTES = 8 * 1024 * 1024;

/**
 * Collects garbage once the process has grown by 24 MB, and again with every further 8 MB. With a budget of a gigabyte V8 sees no reason to, and lets what a
 * large payload leaves behind add up; a worker's memory must not depend on the payload's size.
 */
export function createCollector(residentBytes: () => number = process.memoryUsage.rss): () => void {
  setFlagsFromString("--expose-gc");
  const collect: unknown = runInNewContext("gc");
  let limit = residentBytes() + ROOM_BYTES;
  return () => {
    if (residentBytes() < limit || typeof collect !== "function") return;
    collect();
    limit = Math.max(limit, residentBytes() + STEP_BYTES);
  };
}
