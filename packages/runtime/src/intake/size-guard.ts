import { formatBytes, HIGH_MEMORY_LANE, type Diversion, type SizeGuard } from "../model/index.ts";

/** Where an oversized input goes instead of killing the worker that would open it; null when it is not oversized. Pure. */
export function guardSize(guard: SizeGuard, job: { readonly input: string; readonly lane: string; readonly type: string }): Diversion | null {
  // No character has more than three bytes of UTF-8 for each of its units: most inputs need not be measured.
  if (guard.action === "off" || job.input.length * 3 <= guard.bytesMax) return null;
  const bytes = Buffer.byteLength(job.input);
  if (bytes <= guard.bytesMax) return null;
  const tooLarge = `Its input has ${formatBytes(bytes)}; jobs of type ${job.type} are guarded from ${formatBytes(guard.bytesMax)} on`;
  // Where it was meant to go it is already expected to be large.
  if (guard.action === "route") return job.lane === HIGH_MEMORY_LANE ? null : { kind: "route", by: "size-guard", reason: `${tooLarge}: it waits in the lane ${HIGH_MEMORY_LANE}.` };
  return { kind: "quarantine", by: "size-guard", reason: `${tooLarge}. It has not run.` };
}
