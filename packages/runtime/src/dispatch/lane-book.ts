import { HAND_AHEAD_MAX } from "./pace.ts";
import type { LaneState } from "./plan-claims.ts";

interface LaneEntry {
  claiming: boolean;
  hungry: boolean;
  /** Counts wakes, so that one that comes while a claim is on its way is not lost. */
  wakes: number;
  /** Its last claim had to do without slots of a type that another lane's claim held. */
  denied: boolean;
  ahead: number;
}

export interface ClaimResult {
  /** As many as were asked for: there may be more. */
  readonly full: boolean;
  /** Leases that no slot could take. */
  readonly excess: number;
  /** How many leases of one type may be handed together, for the type of which it is the fewest; Infinity when none came. */
  readonly aheadMin: number;
}

/** What the dispatcher remembers of each lane between two plans. */
export interface LaneBook {
  wake(lane: string): void;
  wakeAll(): void;
  /** What was claimed ahead was not wanted in time: asking ahead has to be earned anew. */
  slowDown(lane: string): void;
  aheadOf(lane: string): number;
  /** A claim of this lane that held slots of a type is back: the other lanes that had to do without may try. */
  wakeDenied(lane: string): void;
  states<Setting extends { readonly name: string; readonly concurrency: number }>(
    settings: readonly Setting[],
    now: (setting: Setting) => { readonly running: number; readonly paused: boolean; readonly stocked: number },
  ): readonly LaneState[];
  beginClaim(lane: string, denied: boolean): { done(result: ClaimResult): void; failed(): void };
}

export function createLaneBook(): LaneBook {
  const entries = new Map<string, LaneEntry>();
  let turn = 0;

  function entryOf(lane: string): LaneEntry {
    const known = entries.get(lane);
    if (known !== undefined) return known;
    const entry: LaneEntry = { claiming: false, hungry: true, wakes: 0, denied: false, ahead: 1 };
    entries.set(lane, entry);
    return entry;
  }

  function wakeEntry(entry: LaneEntry): void {
    entry.hungry = true;
    entry.denied = false;
    entry.wakes += 1;
  }

  return {
    wake: (lane) => wakeEntry(entryOf(lane)),
    wakeAll() {
      for (const entry of entries.values()) wakeEntry(entry);
    },
    slowDown(lane) {
      const entry = entryOf(lane);
      entry.ahead = 1;
      wakeEntry(entry);
    },
    aheadOf: (lane) => entryOf(lane).ahead,
    wakeDenied(lane) {
      for (const [name, entry] of entries) if (entry.denied && name !== lane) wakeEntry(entry);
    },
    states(settings, now) {
      turn += 1;
      return settings.map((_, index) => {
        // Turned by one each time: no lane is always the last to get what is left of a type.
        const setting = settings[(index + turn) % settings.length] ?? settings[index];
        if (setting === undefined) throw new RangeError("lane index");
        const { claiming, hungry, ahead } = entryOf(setting.name);
        return { name: setting.name, concurrency: setting.concurrency, claiming, hungry, ahead, ...now(setting) };
      });
    },
    beginClaim(lane, denied) {
      const entry = entryOf(lane);
      const wakesBefore = entry.wakes;
      entry.claiming = true;
      entry.denied = denied;
      return {
        done(result) {
          entry.claiming = false;
          entry.hungry = result.full || result.excess > 0 || entry.wakes !== wakesBefore;
          entry.ahead = nextAhead(entry.ahead, result);
        },
        failed() {
          entry.claiming = false;
          entry.hungry = true;
        },
      };
    },
  };
}

/** Asking ahead is earned step by step, up to what the slowest type of the lane takes: what is asked for too much has to be given back to the queue. */
export function nextAhead(ahead: number, result: ClaimResult): number {
  const wanted = result.excess > 0 ? Math.floor(ahead / 2) : result.full ? ahead * 2 : ahead;
  return Math.max(1, Math.min(wanted, result.aheadMin, HAND_AHEAD_MAX));
}
