import { reconcile, type KnownMatch, type ListedMatch, type MatchList, type ReconcileEvent } from "../reconcile/reconcile.ts";
import { writeAudit } from "./audit.ts";
import type { Database, Write } from "./database.ts";
import type { MatchLife } from "./tables.ts";

export interface MatchRow {
  readonly matchKey: string;
  readonly url: string;
  readonly state: MatchLife;
  readonly misses: number;
  readonly lastKnownState: string | null;
  readonly addedAt: string;
  readonly endedAt: string | null;
}

type Readable = Pick<Database["read"], "selectFrom"> | Pick<Write, "selectFrom">;

/** In the order in which they were first heard of. */
export async function listMatches(read: Readable): Promise<readonly MatchRow[]> {
  const rows = await read
    .selectFrom("live_matches")
    .selectAll()
    .orderBy("rowid" as "added_at")
    .execute();
  return rows.map(({ match_key, url, state, misses, last_known_state, added_at, ended_at }) => ({
    matchKey: match_key,
    url,
    state,
    misses,
    lastKnownState: last_known_state,
    addedAt: added_at,
    endedAt: ended_at,
  }));
}

/** Applies one list, in one transaction. */
export async function applyList(write: Write, list: MatchList, at: string): Promise<readonly ReconcileEvent[]> {
  const known = await listMatches(write);
  const { events, changed } = reconcile(known, list);
  for (const match of changed) await storeMatch(write, match, at);
  for (const { event, matchKey, url } of events) {
    if (event === "deleted") await rememberLastBall(write, matchKey);
    await writeAudit(write, { matchKey, action: event, details: { url } }, at);
  }
  return events;
}

async function storeMatch(write: Write, { matchKey, url, state, misses }: KnownMatch, at: string): Promise<void> {
  const values = { url, state, misses, ...(state === "ended" ? {} : { ended_at: state === "deleted" ? at : null }) };
  const known = await write.selectFrom("live_matches").select("url").where("match_key", "=", matchKey).executeTakeFirst();
  if (known !== undefined && known.url !== url) await moveData(write, { matchKey, from: known.url, to: url });
  // Another match had this address before; it has not any more.
  await write.deleteFrom("live_matches").where("url", "=", url).where("match_key", "!=", matchKey).execute();
  await write
    .insertInto("live_matches")
    .values({ match_key: matchKey, added_at: at, last_known_state: null, ...values })
    .onConflict((conflict) => conflict.column("match_key").doUpdateSet(values))
    .execute();
}

/** What is kept of a match goes along to its newer address. */
async function moveData(write: Write, { matchKey, from, to }: { readonly matchKey: string; readonly from: string; readonly to: string }): Promise<void> {
  for (const table of ["cricket_data", "session_odds"] as const) {
    const isKnown = (await write.selectFrom(table).select("url").where("url", "=", from).executeTakeFirst()) !== undefined;
    // What is under the newer one is from an earlier time.
    if (isKnown) await write.deleteFrom(table).where("url", "=", to).execute();
    await write.updateTable(table).set({ url: to }).where("url", "=", from).execute();
  }
  await write.updateTable("state_snapshots").set({ url: to }).where("match_key", "=", matchKey).execute();
}

/** Where the match is now. Its poller may have been told before the list moved it. */
export async function urlOf(write: Write, matchKey: string): Promise<string> {
  return (await write.selectFrom("live_matches").select("url").where("match_key", "=", matchKey).executeTakeFirstOrThrow()).url;
}

async function rememberLastBall(write: Write, matchKey: string): Promise<void> {
  const url = await urlOf(write, matchKey);
  const last = await write.selectFrom("cricket_data").select("current_ball").where("url", "=", url).executeTakeFirst();
  await write
    .updateTable("live_matches")
    .set({ last_known_state: last?.current_ball ?? null })
    .where("match_key", "=", matchKey)
    .execute();
}

/** Makes a match live by hand or because its final text has gone. */
export async function makeLive(write: Write, match: ListedMatch, at: string): Promise<void> {
  await storeMatch(write, { ...match, state: "live", misses: 0 }, at);
}

export async function endMatch(write: Write, matchKey: string, at: string): Promise<void> {
  await rememberLastBall(write, matchKey);
  await write.updateTable("live_matches").set({ state: "ended", misses: 0, ended_at: at }).where("match_key", "=", matchKey).execute();
}
