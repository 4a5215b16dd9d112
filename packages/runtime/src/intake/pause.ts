import type { LaneRecord } from "../model/index.ts";

export type LanePause = NonNullable<LaneRecord["intakePaused"]>;

/** The pause if it still holds. A pause with an end lifts itself: nobody has to come back for it. */
export function activePause(pause: LanePause | null, nowMs: number): LanePause | null {
  if (pause === null) return null;
  return pause.untilMs !== null && pause.untilMs <= nowMs ? null : pause;
}
