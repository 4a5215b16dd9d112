import * as z from "zod";
import { freshState, type MatchState } from "../emit/change.ts";
import { currentInnings } from "../emit/groups.ts";
import type { Database, Write } from "./database.ts";

const stored = z.object({
  seq: z.number().int().min(0),
  emitted: z.record(z.string(), z.unknown()),
  seenTexts: z.array(z.string()),
  loggedCodes: z.array(z.string()),
  facts: z.record(z.string(), z.unknown()),
});

export interface Loaded {
  readonly state: MatchState;
  /** Set when a snapshot was there and could not be used. */
  readonly warning: string | null;
}

/** The state of a match where it was left. A snapshot that cannot be read is passed over, and its numbers go on after the highest that was ever given. */
export async function loadState(database: Database, matchKey: string): Promise<Loaded> {
  const row = await database.read.selectFrom("state_snapshots").select(["state", "seq"]).where("match_key", "=", matchKey).executeTakeFirst();
  const last = await database.read
    .selectFrom("emissions")
    .select(({ fn }) => fn.max("seq").as("seq"))
    .where("match_key", "=", matchKey)
    .executeTakeFirst();
  const highest = Math.max(Number(last?.seq ?? 0), readSeq(row?.seq));
  if (row === undefined) return { state: freshState(highest), warning: null };
  const parsed = stored.safeParse(parse(row.state));
  if (parsed.success && parsed.data.seq >= highest) return { state: parsed.data as MatchState, warning: null };
  return { state: freshState(highest), warning: parsed.success ? "its number is older than what was emitted" : "it cannot be read" };
}

export async function saveSnapshot(
  write: Write,
  { matchKey, url, state, at }: { readonly matchKey: string; readonly url: string; readonly state: MatchState; readonly at: string },
): Promise<void> {
  const { score } = state.emitted;
  const innings = score === undefined ? null : currentInnings(score);
  const values = {
    url,
    seq: state.seq,
    last_over: innings?.overs ?? null,
    last_ball: score?.current_ball.text ?? null,
    last_score: innings?.text ?? null,
    last_wickets: innings?.wickets ?? null,
    state: JSON.stringify(state),
    saved_at: at,
  };
  await write
    .insertInto("state_snapshots")
    .values({ match_key: matchKey, ...values })
    .onConflict((conflict) => conflict.column("match_key").doUpdateSet(values))
    .execute();
}

function readSeq(seq: unknown): number {
  return typeof seq === "number" && Number.isSafeInteger(seq) && seq > 0 ? seq : 0;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
