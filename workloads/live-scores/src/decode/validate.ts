import type { LiveState } from "./live.ts";

/** Why an update cannot be true, in words; null when it can. */
export function implausible({ innings, batsmen, bowler }: Pick<LiveState, "innings" | "batsmen" | "bowler">): string | null {
  for (const { text } of innings) {
    const found = implausibleTotal(text);
    if (found !== null) return found;
  }
  for (const { code, runs, balls } of batsmen) if (runs < 0 || balls < 0) return `batsman ${code} has negative figures`;
  if (bowler === null) return null;
  if ((bowler.runs ?? 0) < 0) return `bowler ${bowler.code} has conceded negative runs`;
  return (bowler.wickets ?? 0) < 0 || (bowler.wickets ?? 0) > 10 ? `bowler ${bowler.code} has ${bowler.wickets} wickets` : null;
}

/** Read more loosely than totals are decoded: what is out of range has not always the right form either. */
function implausibleTotal(text: string): string | null {
  const [, runs, wickets, overs] = /^\s*(-?\d+)(?:\/(-?\d+))?(?:\(([^)]*))?/.exec(text) ?? [];
  if (runs !== undefined && Number(runs) < 0) return `${text}: negative runs`;
  if (wickets !== undefined && (Number(wickets) < 0 || Number(wickets) > 10)) return `${text}: wickets outside of 0 to 10`;
  return overs === undefined ? null : implausibleOvers(overs);
}

/** Six balls make an over: the part behind the point is 0 to 6. */
export function implausibleOvers(overs: string): string | null {
  const [, whole, balls] = /^\s*(-?\d+)(?:\.(\d+))?/.exec(overs) ?? [];
  if (whole !== undefined && whole.startsWith("-")) return `${overs}: negative overs`;
  return balls !== undefined && Number(balls) > 6 ? `${overs}: a ball part above 6` : null;
}
