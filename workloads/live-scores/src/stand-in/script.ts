/** The match of one key, ball by ball. The same key gives the same match. */
export interface ScriptedMatch {
  readonly key: string;
  readonly teams: readonly [string, string];
  readonly totals: readonly [Total, Total];
  /** 0 or 1: who bats. */
  readonly batting: 0 | 1;
  readonly ball: string;
  readonly striker: { readonly code: string; readonly runs: number; readonly balls: number; readonly fours: number; readonly sixes: number };
  readonly partner: string;
  readonly bowler: { readonly code: string; readonly runs: number; readonly balls: number; readonly wickets: number; readonly dots: number };
  /** Balls of the over that is being bowled. */
  readonly over: readonly string[];
  /** Of the whole match, so far. */
  readonly balls: number;
  readonly isFinished: boolean;
}

export interface Total {
  readonly runs: number;
  readonly wickets: number;
  readonly balls: number;
}

const INNINGS_BALLS = 540;
const OUTCOMES = ["0", "1", "0", "4", "1", "2", "0", "1", "6", "0", "wd", "1", "0", "2", "0", "1"] as const;
/** One ball in so many takes a wicket. */
const WICKET_EVERY = 37;
const PLAYERS = 11;

export function beginMatch(key: string, teams: readonly [string, string]): ScriptedMatch {
  const none: Total = { runs: 0, wickets: 0, balls: 0 };
  return { key, teams, totals: [none, none], batting: 0, ball: "B", ...newPair(teams[0], 0), bowler: newBowler(teams[1], 0), over: [], balls: 0, isFinished: false };
}

/** The match one ball later. Pure. */
export function nextBall(match: ScriptedMatch): ScriptedMatch {
  if (match.isFinished) return match;
  const number = match.balls + 1;
  const isWicket = hash(match.key, number) % WICKET_EVERY === 0;
  const outcome = isWicket ? "w" : (OUTCOMES[hash(match.key, number) % OUTCOMES.length] ?? "0");
  const runs = outcome === "wd" ? 1 : Number.isNaN(Number(outcome)) ? 0 : Number(outcome);
  const isLegal = outcome !== "wd";
  const before = match.totals[match.batting];
  const total: Total = { runs: before.runs + runs, wickets: before.wickets + Number(isWicket), balls: before.balls + Number(isLegal) };
  const totals: readonly [Total, Total] = match.batting === 0 ? [total, match.totals[1]] : [match.totals[0], total];
  const { striker, bowler } = match;
  const bowled = {
    ...bowler,
    runs: bowler.runs + runs,
    balls: bowler.balls + Number(isLegal),
    wickets: bowler.wickets + Number(isWicket),
    dots: bowler.dots + Number(isLegal && runs === 0),
  };
  const batted = isLegal
    ? { ...striker, runs: striker.runs + runs, balls: striker.balls + 1, fours: striker.fours + Number(runs === 4), sixes: striker.sixes + Number(runs === 6) }
    : striker;
  const isOverDone = isLegal && total.balls % 6 === 0;
  const after: ScriptedMatch = {
    ...match,
    totals,
    balls: number,
    ball: outcome,
    striker: batted,
    bowler: isOverDone ? newBowler(match.teams[1 - match.batting] ?? "", Math.floor(total.balls / 6)) : bowled,
    over: isOverDone ? [] : [...match.over, outcome],
    ...(isWicket ? newPair(match.teams[match.batting], total.wickets) : {}),
  };
  return total.wickets >= 10 || total.balls >= INNINGS_BALLS || (match.batting === 1 && total.runs > match.totals[0].runs) ? endInnings(after) : after;
}

export function finish(match: ScriptedMatch): ScriptedMatch {
  return { ...match, isFinished: true, ball: "Match over" };
}

function endInnings(match: ScriptedMatch): ScriptedMatch {
  if (match.batting === 1) return finish(match);
  return { ...match, batting: 1, ball: "Innings Break", over: [], ...newPair(match.teams[1], 0), bowler: newBowler(match.teams[0], 0) };
}

function newPair(team: string, wickets: number): Pick<ScriptedMatch, "striker" | "partner"> {
  return { striker: { code: playerCode(team, Math.min(wickets + 1, PLAYERS)), runs: 0, balls: 0, fours: 0, sixes: 0 }, partner: playerCode(team, Math.min(wickets + 2, PLAYERS)) };
}

function newBowler(team: string, over: number): ScriptedMatch["bowler"] {
  return { code: playerCode(team, PLAYERS - (over % 5)), runs: 0, balls: 0, wickets: 0, dots: 0 };
}

export function playerCode(team: string, number: number): string {
  return `${team}${number}`;
}

export function oversText({ balls }: Pick<Total, "balls">): string {
  return `${Math.floor(balls / 6)}.${balls % 6}`;
}

/** Small and even: FNV-1a. */
function hash(key: string, number: number): number {
  let value = 0x811c9dc5;
  for (const character of `${key} ${number}`) value = Math.imul(value ^ (character.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  return value >>> 8;
}
