import { readMatchUrl } from "../match/match-url.ts";
import { applyReconciled, reconcile, type KnownMatch, type ListedMatch } from "./reconcile.ts";

export interface ReplayedEvent {
  readonly ts: string;
  readonly event: "added" | "deleted" | "revived";
  readonly url: string;
}

export interface Replay {
  /** What this line of the timeline changes. @throws TypeError for a line that is neither a list nor a failure. */
  next(line: string): readonly ReplayedEvent[];
  alive(): number;
}

/** Applies recorded discovery cycles to nothing but memory. */
export function createReplay(): Replay {
  let known: readonly KnownMatch[] = [];
  return {
    next(line) {
      const cycle = readCycle(line);
      // A failed discovery is no list at all.
      if (cycle.urls === null) return [];
      const reconciled = reconcile(known, { matches: cycle.urls.map(listedMatch), isComplete: true });
      known = applyReconciled(known, reconciled);
      return reconciled.events.map(({ event, url }) => ({ ts: cycle.ts, event, url }));
    },
    alive: () => known.filter(({ state }) => state === "live").length,
  };
}

/** A recorded address that has not the form of a match is its own key. */
function listedMatch(url: string): ListedMatch {
  const address = readMatchUrl(url);
  return address === null ? { matchKey: url, url } : { matchKey: address.matchKey, url: address.path };
}

export function readCycle(line: string): { readonly ts: string; readonly urls: readonly string[] | null } {
  const cycle: unknown = JSON.parse(line);
  if (typeof cycle !== "object" || cycle === null) throw new TypeError("a line of a timeline is an object");
  const ts = "ts" in cycle && (typeof cycle.ts === "string" || typeof cycle.ts === "number") ? String(cycle.ts) : "";
  if ("error" in cycle && cycle.error !== undefined && cycle.error !== null) return { ts, urls: null };
  if (!("urls" in cycle) || !Array.isArray(cycle.urls) || !cycle.urls.every((url) => typeof url === "string")) throw new TypeError("a line of a timeline has either urls or error");
  return { ts, urls: cycle.urls };
}
