import { currentInnings, CRITICAL_GROUPS } from "../emit/groups.ts";
import type { Change, MatchState } from "../emit/change.ts";
import type { Write } from "./database.ts";
import { urlOf } from "./matches.ts";
import { trimOutbox, type OutboxSize } from "./outbox.ts";
import { saveSnapshot } from "./snapshots.ts";
import type { CricketDataTable } from "./tables.ts";

export interface AnswerToSave {
  readonly matchKey: string;
  readonly change: Change;
  /** Whether this answer makes the match fresh: only the live JSON does. */
  readonly isPoll: boolean;
  readonly at: string;
  /** Null: nobody is to be told. */
  readonly outbox: OutboxSize | null;
}

/** Emissions of a match that are kept for readers that were cut off. */
const EMISSIONS_KEPT = 2000;

/**
 * One answer, in one transaction: the newest state, the emissions with their numbers, what is to be told, and the snapshot that remembers all this.
 * So a restart at any moment neither loses an emission nor repeats one. Returns how many waiting emissions had to be dropped.
 */
export async function saveAnswer(write: Write, { matchKey, change, isPoll, at, outbox }: AnswerToSave): Promise<number> {
  const { emissions, state } = change;
  if (!change.isChanged && !isPoll) return 0;
  const url = await urlOf(write, matchKey);
  const values = { ...(emissions.length > 0 ? { ...columnsOf(state), updated_at: at } : factColumns(state)), ...(isPoll ? { polled_at: at } : {}), seq: state.seq };
  await write
    .insertInto("cricket_data")
    .values({ url, ...values })
    .onConflict((conflict) => conflict.column("url").doUpdateSet(values))
    .execute();
  if (!change.isChanged) return 0;
  await saveSnapshot(write, { matchKey, url, state, at });
  if (emissions.length === 0) return 0;
  await saveSessions(write, url, state);
  const rows = emissions.map(({ seq, group, payload }) => ({ match_key: matchKey, seq, group_name: group, payload: JSON.stringify(payload), created_at: at }));
  await write.insertInto("emissions").values(rows).execute();
  await write
    .deleteFrom("emissions")
    .where("match_key", "=", matchKey)
    .where("seq", "<=", state.seq - EMISSIONS_KEPT)
    .execute();
  if (outbox === null) return 0;
  const waiting = emissions.map(({ seq, group, payload }) => ({
    url,
    group_name: group,
    critical: Number(CRITICAL_GROUPS.has(group)),
    payload: JSON.stringify({ match_id: matchKey, url, seq, group, payload, at }),
    created_at: at,
  }));
  await write.insertInto("outbox").values(waiting).execute();
  return await trimOutbox(write, outbox);
}

async function saveSessions(write: Write, url: string, { emitted }: MatchState): Promise<void> {
  for (const { over, back, lay } of emitted.odds?.sessions ?? [])
    await write
      .insertInto("session_odds")
      .values({ url, over, back, lay })
      .onConflict((conflict) => conflict.columns(["url", "over"]).doUpdateSet({ back, lay }))
      .execute();
}

function columnsOf(state: MatchState): Partial<CricketDataTable> {
  const { score, odds, batsmen, overs, result_texts, scorecard } = state.emitted;
  const innings = score === undefined ? null : currentInnings(score);
  const [page] = overs?.teams ?? [];
  return {
    ...factColumns(state),
    score: innings?.text || page?.score || null,
    batting_team: innings?.team || page?.name || null,
    over: innings?.overs || page?.over || null,
    crr: overs?.crr ?? null,
    current_ball: score?.current_ball.text ?? null,
    fav_team: odds?.favourite.name ?? null,
    match_odds: textOf(odds?.odds),
    batsman_data: textOf(batsmen?.batsmen),
    bowler_data: textOf(batsmen?.bowler),
    overs_data: textOf(overs?.overs),
    result_texts: textOf(result_texts),
    scorecard: textOf(scorecard),
  };
}

function factColumns({ facts }: MatchState): Partial<CricketDataTable> {
  return { final_result_text: facts.final_text ?? null, toss: facts.info?.toss ?? null };
}

function textOf(value: unknown): string | null {
  return value === undefined ? null : JSON.stringify(value);
}
