import type { LiveState } from "../decode/live.ts";
import type { Scorecard } from "../decode/scorecard.ts";
import type { InfoPage, MatchPage } from "../pages/match-page.ts";

/** What is emitted by itself, when it has changed. */
export const GROUPS = ["score", "odds", "batsmen", "result_texts", "overs", "scorecard"] as const;
export type Group = (typeof GROUPS)[number];

/** Never dropped, however long nobody takes them. */
export const CRITICAL_GROUPS: ReadonlySet<Group> = new Set<Group>(["score", "overs"]);

/** Decoded values; a group that is not there was not answered and changes nothing. */
export interface GroupValues {
  readonly score?: ScoreGroup;
  readonly odds?: Pick<LiveState, "favourite" | "odds" | "sessions">;
  readonly batsmen?: Pick<LiveState, "batsmen" | "bowler">;
  readonly result_texts?: readonly string[];
  readonly overs?: Pick<MatchPage, "crr" | "teams" | "overs">;
  readonly scorecard?: Scorecard;
}

export type ScoreGroup = Pick<LiveState, "current_ball" | "teams" | "innings">;

/** Facts beside the groups: kept, not emitted. */
export interface Facts {
  readonly final_text?: string;
  readonly info?: InfoPage;
}

export function groupsOfLive({ current_ball, teams, innings, favourite, odds, sessions, batsmen, bowler }: LiveState): GroupValues {
  return { score: { current_ball, teams, innings }, odds: { favourite, odds, sessions }, batsmen: { batsmen, bowler } };
}

export function groupsOfPage({ result_texts, crr, teams, overs }: MatchPage): GroupValues {
  return { result_texts, overs: { crr, teams, overs } };
}

/** The innings that is being played: the last one in which something has happened, and whose it is. */
export function currentInnings({ teams, innings }: ScoreGroup): {
  readonly team: string;
  readonly text: string;
  readonly overs: string;
  readonly runs: number | null;
  readonly wickets: number | null;
} {
  const begun = innings.findLastIndex(({ runs, overs }) => (runs ?? 0) > 0 || (overs !== null && overs !== "0.0"));
  const index = Math.max(0, begun);
  const { text = "", runs = null, wickets = null, overs = null } = innings[index] ?? {};
  return { team: teams[index]?.name ?? "", text: runs === null || wickets === null ? text : `${runs}/${wickets}`, overs: overs ?? "", runs, wickets };
}
