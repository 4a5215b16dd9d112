import type { Intent, Leak } from "../model/index.ts";
import type { Clock } from "../platform/index.ts";
import { wordIntent } from "./assignment.ts";
import type { AttemptItem } from "./attempt-item.ts";
import type { Compartment } from "./compartment.ts";
import { climbDown } from "./ladder.ts";
import type { Watch } from "./watch.ts";
import type { WorkerLink } from "./worker-link.ts";

/** What the rungs of a warm worker hold on to. */
export interface WorkerRungs {
  readonly clock: Clock;
  readonly link: Pick<WorkerLink, "send" | "capture" | "ended">;
  readonly compartment: Pick<Compartment, "program" | "end">;
  readonly watch: Watch;
  logSize(): number;
}

/** A loop that has said nothing for three beats cannot hear us. */
const SILENT_MS = 800;

/** Ends the attempt that runs in a warm worker, with its worker; what its loop was doing is noted in the item on the way. */
export function endItem(item: AttemptItem, intent: Intent, graceMs: number, { clock, link, compartment, watch, logSize }: WorkerRungs): Promise<readonly Leak[]> {
  const { attemptId } = item.lease;
  item.loop = { ...item.loop, silentMs: Math.round(watch.silentMs()), state: compartment.program()?.state ?? null };
  return climbDown(
    {
      recordIntent: (recorded) => item.listener.onIntent(attemptId, recorded),
      ask: (asked, grace) => link.send({ kind: "abort", attemptId, reason: wordIntent(asked), graceMs: grace }),
      ended: Promise.race([item.ownEnd.heard(), item.hurry.heard(), link.ended]),
      canHear: () => watch.silentMs() < SILENT_MS,
      captureStack: async () => {
        // What the inspector says in the log is not the job's.
        item.logEnd = logSize();
        const stack = await link.capture(intent.kind === "cancel" || intent.kind === "drain" ? "glance" : "watch");
        item.loop = { ...item.loop, stack: stack.frames, nativeCall: stack.nativeCall, heap: stack.heap };
      },
      endTree: () => compartment.end(),
    },
    intent,
    graceMs,
    clock,
  );
}
