const MIB = 1024 * 1024;
/**
 * What a Node process needs beside its heap: code, stacks, buffers, type stripping (30 MB measured), and what V8 takes beyond its own limit
 * before it gives up, which grows with the heap. With less room the kernel is sometimes faster than V8's report.
 */
const OUTSIDE_HEAP_MB = 40;
const OUTSIDE_HEAP_SHARE = 0.1;
const HEAP_MB_MIN = 16;

/**
 * V8 flags that make the heap end before the budget does, so that it dies with its own report instead of a silent SIGKILL:
 * old space + 3 semi-spaces + 40 MB + 10 % <= budget.
 */
export function heapFlags(memoryBytes: number | null): readonly string[] {
  if (memoryBytes === null) return [];
  const budgetMb = Math.floor(memoryBytes / MIB);
  const semiSpaceMb = budgetMb >= 384 ? 16 : budgetMb >= 192 ? 8 : 2;
  const oldSpaceMb = Math.max(HEAP_MB_MIN, Math.floor(budgetMb * (1 - OUTSIDE_HEAP_SHARE)) - OUTSIDE_HEAP_MB - 3 * semiSpaceMb);
  return [`--max-old-space-size=${oldSpaceMb}`, `--max-semi-space-size=${semiSpaceMb}`];
}

/** Node writes fatal.json into this directory when V8 gives up. */
export function reportFlags(directory: string): readonly string[] {
  return ["--report-on-fatalerror", "--report-compact", "--report-exclude-network", "--report-exclude-env", `--report-directory=${directory}`, "--report-filename=fatal.json"];
}
