import { createResolver, type Names, type Resolver } from "./names.ts";
import { countOrZero, listOf, textOf, wholeOf } from "./values.ts";

export interface Coded {
  readonly code: string;
  readonly name: string;
}

export interface SessionOdds {
  readonly over: string;
  readonly back: string;
  readonly lay: string;
}

export interface Innings {
  readonly text: string;
  /** Null where the text has another form. */
  readonly runs: number | null;
  readonly wickets: number | null;
  readonly overs: string | null;
}

export interface Batsman extends Coded {
  readonly runs: number;
  readonly balls: number;
  readonly fours: number;
  readonly sixes: number;
  readonly on_strike: boolean;
  readonly stat_3: number;
  readonly stat_4: number;
}

export interface Bowler extends Coded {
  readonly runs: number | null;
  readonly balls: number | null;
  readonly wickets: number | null;
  readonly dots: number | null;
}

/** One answer of the live JSON, read. */
export interface LiveState {
  readonly current_ball: { readonly code: string; readonly text: string };
  readonly favourite: Coded;
  readonly odds: { readonly back: string; readonly lay: string };
  readonly sessions: readonly SessionOdds[];
  readonly teams: readonly Coded[];
  readonly innings: readonly Innings[];
  readonly batsmen: readonly Batsman[];
  readonly bowler: Bowler | null;
  /** Such as `p_6A5`: codes without a name, each once, in the order in which they were met. */
  readonly missing_codes: readonly string[];
}

const BALLS: Readonly<Record<string, string>> = {
  "^2": "Caught Out",
  "^4": "Run Out",
  B: "Ball Start",
  o: "Over",
  bc: "Boundary Check",
  wd: "Wide",
  nb: "No Ball",
  w: "Wicket",
  e: "Player Entering",
};

const INNINGS = /^(\d+)\/(\d+)\((\d+\.\d)\)?$/;

/**
 * Reads one body of the live JSON. Pure: the same body and names give the same state.
 * @example decodeLive({ B: "w", R: "1+1", a: "CD.11", j: "106/10(31.1" }, createNames({ t_CD_name: "United States" }))
 */
export function decodeLive(body: Readonly<Record<string, unknown>>, names: Names): LiveState {
  const resolver = createResolver(names);
  const text = (key: string): string => textOf(body[key]);
  return {
    current_ball: { code: text("B"), text: Object.hasOwn(BALLS, text("B")) ? (BALLS[text("B")] ?? "") : text("B") },
    favourite: readFavourite(text("F"), resolver),
    odds: readOdds(text("R") === "" ? "0+0" : text("R")),
    sessions: readSessions(text("D"), text("Z")),
    teams: listOf(text("a"), ".").map((code) => ({ code, name: resolver.name("t", code) })),
    innings: [text("j"), text("k")].filter((each) => each !== "").map(readInnings),
    batsmen: readBatsmen(body, resolver),
    bowler: readBowler(text("b"), text("c"), resolver),
    missing_codes: resolver.missing(),
  };
}

function readFavourite(written: string, resolver: Resolver): Coded {
  const code = written.replaceAll("^", "").trim();
  return { code, name: code === "" ? "Unknown Team" : resolver.name("t", code) };
}

/** `back+difference`: what is laid is the sum; where either is not a whole number, it is what is backed. */
function readOdds(written: string): { readonly back: string; readonly lay: string } {
  const at = written.indexOf("+");
  const back = (at < 0 ? written : written.slice(0, at)).trim();
  const [first, difference] = [wholeOf(back), at < 0 ? null : wholeOf(written.slice(at + 1).trim())];
  return { back, lay: first === null || difference === null ? back : String(first + difference) };
}

function readSessions(overs: string, odds: string): SessionOdds[] {
  const prices = odds.split(",");
  return overs
    .split(",")
    .map((over, index) => ({ over: over.trim(), price: (prices[index] ?? "").trim() }))
    .filter(({ over, price }) => over !== "" && price !== "")
    .map(({ over, price }) => {
      const { back, lay } = readOdds(price);
      return { over, back: dashZero(back), lay: dashZero(lay) };
    });
}

function dashZero(text: string): string {
  return text === "0" ? "-" : text;
}

export function readInnings(text: string): Innings {
  const [, runs, wickets, overs] = INNINGS.exec(text) ?? [];
  return { text, runs: wholeOf(runs), wickets: wholeOf(wickets), overs: overs ?? null };
}

function readBatsmen(body: Readonly<Record<string, unknown>>, resolver: Resolver): Batsman[] {
  const codes = textOf(body["p"])
    .split(".")
    .slice(0, 2)
    .map((code) => code.trim());
  const figures = [
    { score: textOf(body["q"]), stats: textOf(body["r"]) },
    { score: textOf(body["s"]), stats: textOf(body["t"]) },
  ];
  return codes.flatMap((code, index) => {
    const { score = "", stats = "" } = figures[index] ?? {};
    return code === "" ? [] : [readBatsman(code, { score, stats }, resolver)];
  });
}

function readBatsman(code: string, { score, stats }: { readonly score: string; readonly stats: string }, resolver: Resolver): Batsman {
  const isOnStrike = score.endsWith("*");
  const [runs, balls] = score.replace(/\*+$/, "").split(".");
  const [fours, sixes, third, fourth] = stats.split(".");
  return {
    code,
    name: resolver.name("p", code),
    runs: countOrZero(runs),
    balls: countOrZero(balls),
    fours: countOrZero(fours),
    sixes: countOrZero(sixes),
    on_strike: isOnStrike,
    stat_3: countOrZero(third),
    stat_4: countOrZero(fourth),
  };
}

function readBowler(code: string, figures: string, resolver: Resolver): Bowler | null {
  if (code === "") return null;
  const [runs, balls, wickets, dots] = figures.split(".").map(wholeOf);
  return { code, name: resolver.name("p", code), runs: runs ?? null, balls: balls ?? null, wickets: wickets ?? null, dots: dots ?? null };
}
