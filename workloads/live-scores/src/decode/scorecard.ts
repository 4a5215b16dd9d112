import { createResolver, type Names, type Resolver } from "./names.ts";
import { countOrZero, textOf, wholeOf } from "./values.ts";
import type { Coded } from "./live.ts";

export const INNINGS_LABELS = ["1st_inning", "2nd_inning", "3rd_inning", "4th_inning"] as const;
export type InningsLabel = (typeof INNINGS_LABELS)[number];

export interface CardBowler {
  readonly code: string;
  readonly overs: string | null;
  readonly runs: number | null;
  readonly maidens: number | null;
  readonly wickets: number | null;
}

export type BatsmanStatus = "yet_to_bat" | "currently_batting" | "dismissed" | "unknown";

export interface CardBatsman {
  readonly code: string;
  readonly status: BatsmanStatus;
  readonly runs: number;
  readonly balls: number;
  readonly fours: number;
  readonly sixes: number;
  /** How it ended; null while the batsman is in. */
  readonly dismissal: {
    readonly over: string;
    readonly score: string;
    readonly kind: string;
    readonly bowler: Coded | null;
    readonly catcher: Coded | null;
  } | null;
}

export interface CardInnings {
  readonly team: Coded;
  readonly score: string;
  /** By name; a second entry with the same name is `name [code]`. */
  readonly batsmen: Readonly<Record<string, CardBatsman>>;
  readonly bowlers: Readonly<Record<string, CardBowler>>;
}

export type Scorecard = Readonly<Partial<Record<InningsLabel, CardInnings>>>;

export interface DecodedScorecard {
  readonly scorecard: Scorecard;
  readonly warnings: readonly string[];
  readonly missing_codes: readonly string[];
}

/** Reads the scorecard JSON: one element for each innings, at most four. Pure. */
export function decodeScorecard(body: readonly unknown[], names: Names): DecodedScorecard {
  const resolver = createResolver(names);
  const warnings: string[] = [];
  const entries = body.slice(0, INNINGS_LABELS.length).flatMap((element, index): [InningsLabel, CardInnings][] => {
    const label = INNINGS_LABELS[index];
    if (label === undefined || typeof element !== "object" || element === null) return [];
    return [[label, readCardInnings(element as Readonly<Record<string, unknown>>, resolver, warnings)]];
  });
  if (body.length > INNINGS_LABELS.length) warnings.push(`${body.length} innings; only ${INNINGS_LABELS.length} are kept`);
  return { scorecard: Object.fromEntries(entries), warnings, missing_codes: resolver.missing() };
}

function readCardInnings(element: Readonly<Record<string, unknown>>, resolver: Resolver, warnings: string[]): CardInnings {
  const code = textOf(element["c"]);
  return {
    team: { code, name: code === "" ? "Unknown Team" : resolver.name("t", code) },
    score: textOf(element["d"]),
    batsmen: keyByName(linesOf(element["b"]).map(readCardBatsman(resolver))),
    bowlers: keyByName(
      linesOf(element["a"]).flatMap((line) => {
        const read = readCardBowler(line, resolver);
        if (read === null) warnings.push(`bowler ${JSON.stringify(line.slice(0, 100))} has fewer than 5 parts`);
        return read === null ? [] : [read];
      }),
    ),
  };
}

interface Named<Entry> {
  readonly name: string;
  readonly entry: Entry;
}

/** `CODE.runs.balls.maidens.wickets` */
export function readCardBowler(line: string, resolver: Resolver): Named<CardBowler> | null {
  const parts = line.split(".");
  if (parts.length < 5) return null;
  const [code = "", runs, balls, maidens, wickets] = parts;
  return { name: resolver.name("p", code), entry: { code, overs: oversOf(wholeOf(balls)), runs: wholeOf(runs), maidens: wholeOf(maidens), wickets: wholeOf(wickets) } };
}

/** Whole overs and the balls of the one that is not complete. */
export function oversOf(balls: number | null): string | null {
  return balls === null ? null : `${Math.floor(balls / 6)}.${balls % 6}`;
}

/** `CODE[.runs.balls.fours.sixes[.over.score.dismissal.bowler.catcher]]`; what follows the first "/" says nothing. */
function readCardBatsman(resolver: Resolver): (line: string) => Named<CardBatsman> {
  return (line) => {
    const parts = (line.split("/")[0] ?? "").split(".");
    const [code = "", runs, balls, fours, sixes, over = "", score = "", kind = "", bowler = "", catcher = ""] = parts;
    const status = statusOf(parts.length);
    const person = (each: string): Coded | null => (each === "" ? null : { code: each, name: resolver.name("p", each) });
    const entry: CardBatsman = {
      code,
      status,
      runs: countOrZero(runs),
      balls: countOrZero(balls),
      fours: countOrZero(fours),
      sixes: countOrZero(sixes),
      dismissal: status === "dismissed" ? { over, score, kind, bowler: person(bowler), catcher: person(catcher) } : null,
    };
    return { name: resolver.name("p", code), entry };
  };
}

function statusOf(parts: number): BatsmanStatus {
  if (parts === 1) return "yet_to_bat";
  if (parts === 5) return "currently_batting";
  return parts > 5 ? "dismissed" : "unknown";
}

function keyByName<Entry extends { readonly code: string }>(entries: readonly Named<Entry>[]): Record<string, Entry> {
  const keyed = new Map<string, Entry>();
  for (const { name, entry } of entries) keyed.set(keyed.has(name) ? `${name} [${entry.code}]` : name, entry);
  return Object.fromEntries(keyed);
}

/** A list of lines; a single text is one line or several behind commas. */
function linesOf(value: unknown): string[] {
  const lines = Array.isArray(value) ? value.map(textOf) : textOf(value).split(",");
  return lines.map((line) => line.trim()).filter((line) => (line.split("/")[0] ?? "").split(".")[0] !== "");
}
