const MIB = 1024 * 1024;
/**
 * What a Node process needs beside its heap: code, stacks, buffers, type stripping (30 MB measured), and what V8 takes beyond its own limit
 * before it gives up, which grows with the heap. With less room the kernel is sometimes faster than V8's report.
 */
const OUTSIDE_HEAP_MB = 40;
const OUTSIDE_HEAP_SHARE = 0.1;
const HEAP_MB_MIN = 16;
/** Writing a snapshot takes three to fourteen times the heap (measured: large arrays, many small objects). */
const SNAPSHOT_HEAP_SHARE = 0.25;

/** What of the budget the heap may have: all that is left, or a quarter, so that there is room to write a snapshot of it. */
export type HeapRoom = "whole" | "with-snapshot";

/**
 * V8 flags that make the heap end before the budget does, so that it dies with its own report instead of a silent SIGKILL:
 * old space + 3 semi-spaces + 40 MB + 10 % <= budget.
 */
export function heapFlags(memoryBytes: number | null, room: HeapRoom = "whole"): readonly string[] {
  const sizes = heapSizes(memoryBytes, room);
  return sizes === null ? [] : [`--max-old-space-size=${sizes.oldSpaceMb}`, `--max-semi-space-size=${sizes.semiSpaceMb}`];
}

/** V8's `heap_size_limit` under these flags; null: V8's own default. */
export function heapLimitBytes(memoryBytes: number | null, room: HeapRoom = "whole"): number | null {
  const sizes = heapSizes(memoryBytes, room);
  return sizes === null ? null : (sizes.oldSpaceMb + SEMI_SPACES * sizes.semiSpaceMb) * MIB;
}

const SEMI_SPACES = 3;

function heapSizes(memoryBytes: number | null, room: HeapRoom): { readonly oldSpaceMb: number; readonly semiSpaceMb: number } | null {
  if (memoryBytes === null) return null;
  const budgetMb = Math.floor(memoryBytes / MIB);
  // A large young generation that is full when the limit is near lets V8 give up within its own snapshot, before a byte of it is written.
  const semiSpaceMb = room === "with-snapshot" ? 2 : budgetMb >= 384 ? 16 : budgetMb >= 192 ? 8 : 2;
  const wholeMb = Math.floor(budgetMb * (1 - OUTSIDE_HEAP_SHARE)) - OUTSIDE_HEAP_MB;
  const heapMb = room === "whole" ? wholeMb : Math.floor(budgetMb * SNAPSHOT_HEAP_SHARE);
  return { oldSpaceMb: Math.max(HEAP_MB_MIN, heapMb - SEMI_SPACES * semiSpaceMb), semiSpaceMb };
}

/** Node writes fatal.json into this directory when V8 gives up. */
export function reportFlags(directory: string): readonly string[] {
  return ["--report-on-fatalerror", "--report-compact", "--report-exclude-network", "--report-exclude-env", `--report-directory=${directory}`, "--report-filename=fatal.json"];
}
