import type { ProcessIdentity } from "../governor/index.ts";
import type { HeldHeap } from "../model/index.ts";
import { pause, type Clock } from "../platform/index.ts";
import type { InspectorSession } from "./inspector.ts";
import { valueWithin } from "./ladder.ts";
import { createPatience, type PatienceLimits } from "./patience.ts";

/** A heap with more room than this is not what keeps a loop from turning, and would not be full within the time that it is watched. */
const ROOMY_SHARE = 0.25;
/** How much CPU of its own the thread is then watched for: several collections of a full heap. What fills its heap dies by V8's hand meanwhile, with V8's own report. */
const WATCHED: PatienceLimits = { ticksMax: 100, wallMsMax: 20_000 };
const LOOK_MS = 20;
const SAMPLE_MICROS = 5000;
/** An answer of a thread that is held; and of one that may be within a long collection. */
const HELD_MS_MAX = 5000;
const RUNNING_MS_MAX = 8000;

/** Whether a heap that is nearly full is also watched, which takes some seconds; or only read. */
export type HeapLook = "watch" | "glance";

/** A profile with fewer samples says nothing. */
const SAMPLES_MIN = 10;

/**
 * Reads the heap of a thread that is held at its debugger, and where it is nearly full lets the thread go on for a moment to see what it spends its time on.
 * Runs no line of JavaScript in it. Never throws; null when it did not answer.
 */
export async function readHeldHeap(
  session: InspectorSession,
  process: ProcessIdentity,
  { limitBytes, look, clock }: { readonly limitBytes: number | null; readonly look: HeapLook; readonly clock: Clock },
): Promise<HeldHeap | null> {
  const heldBytes = usedSizeOf(await valueWithin(session.ask("Runtime.getHeapUsage"), HELD_MS_MAX, clock));
  if (heldBytes === null) return null;
  if (look === "glance" || limitBytes === null || heldBytes < limitBytes * ROOMY_SHARE) return { usedBytes: heldBytes, limitBytes, collectingShare: null };
  const share = await watchCollecting(session, process, clock);
  const laterBytes = usedSizeOf(await valueWithin(session.ask("Runtime.getHeapUsage"), RUNNING_MS_MAX, clock));
  return { usedBytes: laterBytes ?? heldBytes, grewBytes: laterBytes === null ? null : laterBytes - heldBytes, limitBytes, collectingShare: share };
}

function usedSizeOf(usage: object | null): number | null {
  return usage !== null && "usedSize" in usage && typeof usage.usedSize === "number" ? usage.usedSize : null;
}

/** Share of its time, 0 to 1, that the thread spends in V8's collector. */
async function watchCollecting(session: InspectorSession, process: ProcessIdentity, clock: Clock): Promise<number | null> {
  const ask = (method: string, params: object = {}): Promise<object | null> => valueWithin(session.ask(method, params), HELD_MS_MAX, clock);
  if ((await ask("Profiler.enable")) === null || (await ask("Profiler.setSamplingInterval", { interval: SAMPLE_MICROS })) === null) return null;
  if ((await ask("Profiler.start")) === null) return null;
  const impatience = createPatience(process, WATCHED, clock);
  void session.ask("Debugger.resume");
  void session.ask("Debugger.disable");
  while (impatience() === null) await pause(clock, LOOK_MS);
  const stopped = await valueWithin(session.ask("Profiler.stop"), RUNNING_MS_MAX, clock);
  return stopped !== null && "profile" in stopped ? collectingShare(stopped.profile as CpuProfile) : null;
}

interface CpuProfile {
  readonly nodes: readonly { readonly id: number; readonly callFrame: { readonly functionName: string } }[];
  readonly samples?: readonly number[];
}

/** Share of the samples that fell into the collector; null when there are too few to say. */
export function collectingShare({ nodes, samples = [] }: CpuProfile): number | null {
  if (samples.length < SAMPLES_MIN) return null;
  const collector = new Set(nodes.filter(({ callFrame }) => callFrame.functionName === "(garbage collector)").map(({ id }) => id));
  return Number((samples.filter((id) => collector.has(id)).length / samples.length).toFixed(2));
}
