import type { Clock } from "../clock.ts";
import type { Database } from "../database/database.ts";
import { writeAudit } from "../database/audit.ts";
import { applyList, endMatch, listMatches, makeLive, type MatchRow } from "../database/matches.ts";
import type { Log } from "../log.ts";
import type { ListedMatch, MatchList, ReconcileEvent } from "../reconcile/reconcile.ts";
import { notTaken, type Pollers } from "./pollers.ts";

/** Which matches are live, and that each of them has its poller. */
export interface Matches {
  /** Begins a poller for every match that was live when the service was last there. */
  resume(): Promise<void>;
  /** Applies one list; lists are taken one after the other. */
  applyList(list: MatchList): Promise<readonly ReconcileEvent[]>;
  /** Takes a match up by hand; false when its poller is there already. */
  start(match: ListedMatch): Promise<boolean>;
  /** Resolves when its poller is gone; false for a match that is not live. It stays stopped while it is on the list, until somebody starts it. */
  stop(matchKey: string): Promise<boolean>;
  /** Goes on with matches that were over and are not any more. */
  reopen(matchKeys: readonly string[]): Promise<void>;
  all(): Promise<readonly MatchRow[]>;
}

export interface MatchesDeps {
  readonly database: Database;
  readonly pollers: Pollers;
  readonly log: Log;
  readonly clock: Clock;
}

export function createMatches({ database, pollers, log, clock }: MatchesDeps): Matches {
  let turn: Promise<unknown> = Promise.resolve();

  /** What changes the list of matches waits for what changed it before. */
  function inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const mine = turn.then(work);
    turn = mine.catch(() => undefined);
    return mine;
  }

  /** Looks at all of them, not at what has just changed: one whose poller could not be begun is tried again with the next list. */
  async function pollLive(): Promise<void> {
    for (const match of await listMatches(database.read)) if (match.state === "live") await alone(match, () => pollers.want(match));
  }

  /** One match that fails must not hold up those behind it. */
  async function alone({ matchKey }: ListedMatch, work: () => Promise<unknown>): Promise<void> {
    await work().catch((error: unknown) => log.warn(notTaken(error), { match_id: matchKey }));
  }

  return {
    resume: () => inTurn(pollLive),
    applyList: (list) =>
      inTurn(async () => {
        const at = clock.at();
        const events = await database.write((write) => applyList(write, list, at));
        for (const { event, matchKey, url } of events) {
          log.info(`match ${event}`, { match_id: matchKey, url });
          // A tree that is slow to go must not hold up the others.
          if (event === "deleted") void pollers.unwant(matchKey);
        }
        await pollLive();
        return events;
      }),
    start: (match) =>
      inTurn(async () => {
        if (pollers.has(match.matchKey)) return false;
        const at = clock.at();
        await database.write(async (write) => {
          await makeLive(write, match, at);
          await writeAudit(write, { matchKey: match.matchKey, action: "started", reason: "asked" }, at);
        });
        return await pollers.want(match);
      }),
    async stop(matchKey) {
      const stopping = await inTurn(async () => {
        const match = (await listMatches(database.read)).find((each) => each.matchKey === matchKey && each.state === "live");
        if (match === undefined) return null;
        const at = clock.at();
        await database.write(async (write) => {
          await endMatch(write, matchKey, at);
          await writeAudit(write, { matchKey, action: "stopped", reason: "asked" }, at);
        });
        return { gone: pollers.unwant(matchKey) };
      });
      // Not in its turn: a tree that is slow to go must not hold up the others.
      await stopping?.gone;
      return stopping !== null;
    },
    reopen: (matchKeys) =>
      inTurn(async () => {
        for (const match of await listMatches(database.read)) {
          if (match.state !== "ended" || !matchKeys.includes(match.matchKey)) continue;
          await alone(match, async () => {
            const at = clock.at();
            await database.write(async (write) => {
              await makeLive(write, match, at);
              await writeAudit(write, { matchKey: match.matchKey, action: "reopened", reason: "its final text is gone" }, at);
            });
            await pollers.want(match);
          });
        }
      }),
    all: () => listMatches(database.read),
  };
}
