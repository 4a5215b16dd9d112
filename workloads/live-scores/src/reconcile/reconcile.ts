/** A match that has been heard of. */
export interface KnownMatch {
  readonly matchKey: string;
  readonly url: string;
  readonly state: "live" | "ended" | "deleted";
  /** Complete lists in a row that did not have it; counted while it is live. */
  readonly misses: number;
}

export interface ListedMatch {
  readonly matchKey: string;
  readonly url: string;
}

/** The live matches as one look found them. */
export interface MatchList {
  readonly matches: readonly ListedMatch[];
  /** False: it may lack matches that are live, and says nothing of those that it does not have. */
  readonly isComplete: boolean;
}

export type ReconcileEvent = { readonly event: "added" | "deleted" | "revived"; readonly matchKey: string; readonly url: string };

export interface Reconciled {
  /** In the order in which they happen: deletions, then additions in the order of the list. */
  readonly events: readonly ReconcileEvent[];
  /** Matches as they are now, only those that changed. */
  readonly changed: readonly KnownMatch[];
}

/** A match that two complete lists in a row did not have is gone. */
const MISSES_MAX = 2;

/**
 * What one list of live matches changes. `known` is in the order in which the matches were first heard of. A failed discovery is no list and never comes here. Pure.
 */
export function reconcile(known: readonly KnownMatch[], { matches, isComplete }: MatchList): Reconciled {
  const listed = new Map<string, ListedMatch>();
  for (const each of matches) if (!listed.has(each.matchKey)) listed.set(each.matchKey, each);
  const events: ReconcileEvent[] = [];
  const changed: KnownMatch[] = [];
  for (const match of known) {
    if (!isComplete || match.state !== "live" || listed.has(match.matchKey)) continue;
    const misses = match.misses + 1;
    const isGone = misses >= MISSES_MAX;
    if (isGone) events.push({ event: "deleted", matchKey: match.matchKey, url: match.url });
    changed.push({ ...match, misses, state: isGone ? "deleted" : "live" });
  }
  const byKey = new Map(known.map((match) => [match.matchKey, match]));
  for (const { matchKey, url } of listed.values()) {
    const match = byKey.get(matchKey);
    if (match === undefined || match.state === "deleted") {
      events.push({ event: match === undefined ? "added" : "revived", matchKey, url });
      changed.push({ matchKey, url, state: "live", misses: 0 });
    } else if (match.misses !== 0 || match.url !== url) changed.push({ ...match, url, misses: 0 });
  }
  return { events, changed };
}

/** The matches after a list: what changed in its place, new ones at the end. */
export function applyReconciled(known: readonly KnownMatch[], { changed }: Reconciled): KnownMatch[] {
  const after = new Map(known.map((match) => [match.matchKey, match]));
  for (const match of changed) after.set(match.matchKey, match);
  return [...after.values()];
}
