import { startStandIn as serveSite, type Answer, type FaultHandler, type LogLine, type StandIn, type Visit } from "workload-stand-in";
import { setTimeout as pause } from "node:timers/promises";
import { readMatchUrl } from "../match/match-url.ts";
import { changedListPage, infoPage, listPage, liveJson, matchPage, namesOf, scorecardJson, scorecardPage } from "./documents.ts";
import { beginMatch, finish, nextBall, oversText, type ScriptedMatch } from "./script.ts";

export interface StandInOptions {
  /** 0 picks a free one. */
  readonly port: number;
  /** How many matches there are at first. Default 4. */
  readonly matches?: number;
  /** How often a ball is told before the next one is bowled. Default 2. */
  readonly tellings?: number;
  /** Recorded bodies of the live JSON, one for each request, whatever its key; the last one stays. */
  readonly bodies?: readonly string[];
  /** Recorded lists, one for each request; null for a discovery that fails. The last one stays. */
  readonly lists?: readonly (readonly string[] | null)[];
}

/** A ball as it was told: what a reader who misses nothing has seen. */
export interface ToldBall {
  readonly balls: number;
  readonly innings: readonly [string, string];
  readonly ball: string;
  readonly at: string;
}

export interface ScoreStandIn extends StandIn {
  /** The settings that lead to it. */
  readonly environment: Readonly<Record<"CREX_URL" | "SV3_URL" | "SC4_URL" | "NAMES_URL", string>>;
  /** Paths of the matches that are listed, in their order. */
  listed(): readonly string[];
  told(matchKey: string): readonly ToldBall[];
}

interface Entry {
  readonly url: string;
  match: ScriptedMatch;
  isListed: boolean;
  /** Whole answers with this ball. */
  tellings: number;
  readonly told: ToldBall[];
}

const CHANGES = ["remove-match", "add-match", "finish-match"];
const HUGE_BYTES = 20_000_000;

/** The score site on loopback: a scripted match for each key, with faults on request. */
export async function startStandIn({ port, matches = 4, tellings = 2, bodies = [], lists = [] }: StandInOptions): Promise<ScoreStandIn> {
  const entries = new Map<string, Entry>();
  let bodyIndex = 0;
  let listIndex = 0;
  for (let index = 0; index < matches; index += 1) add(`M${String(index + 1).padStart(2, "0")}`);
  for (const list of lists) for (const url of list ?? []) enter(url);

  function add(key: string): Entry {
    return enter(`/scoreboard/${key}/1GT/${entries.size + 1}-Match/T${key}/U${key}/${key.toLowerCase()}-one-vs-two/live`);
  }

  function enter(url: string): Entry {
    const key = readMatchUrl(url)?.matchKey ?? url;
    const known = entries.get(key);
    if (known !== undefined) return known;
    const segments = url.split("/");
    const made: Entry = { url, match: beginMatch(key, [segments[5] ?? "A", segments[6] ?? "B"]), isListed: true, tellings: 0, told: [] };
    entries.set(key, made);
    return made;
  }

  const listed = (): string[] => [...entries.values()].filter(({ isListed }) => isListed).map(({ url }) => url);

  function answer(visit: Visit): Answer | null {
    const { path } = visit;
    if (path === "/live-matches") return listAnswer();
    const entry = entries.get(keyOf(visit) ?? "");
    if (path === "/v10/sV3.php") return bodies.length > 0 ? json(recordedBody()) : entry === undefined ? null : json(tell(entry));
    if (entry === undefined) return null;
    if (path === "/v10/sC4.php") return json(scorecardJson(entry.match));
    if (path.startsWith("/names/")) return json(JSON.stringify(namesOf(entry.match)));
    if (path.endsWith("/info")) return html(infoPage(entry.match));
    if (path.endsWith("/scorecard")) return html(scorecardPage(entry.match));
    return html(matchPage(entry.match));
  }

  function listAnswer(): Answer {
    if (lists.length === 0) return html(listPage(listed()));
    const list = lists[Math.min(listIndex, lists.length - 1)] ?? null;
    listIndex += 1;
    return list === null ? { status: 503, body: "recorded failure\n" } : html(listPage(list));
  }

  /** Only an answer that was taken to its end counts: a reader that was cut off is told the same again. */
  function* tell(entry: Entry): Generator<string> {
    const { match } = entry;
    yield liveJson(match);
    if (match !== entry.match) return;
    if (entry.tellings === 0) entry.told.push({ balls: match.balls, innings: totalsOf(match), ball: match.ball, at: new Date().toISOString() });
    entry.tellings += 1;
    if (entry.tellings < tellings) return;
    entry.tellings = 0;
    entry.match = nextBall(match);
  }

  function* recordedBody(): Generator<string> {
    yield bodies[Math.min(bodyIndex, bodies.length - 1)] ?? "";
    bodyIndex += 1;
  }

  const faults: Record<string, FaultHandler> = {
    malformed: async ({ visit, send }) => send(visit.path.includes("/v10/") || visit.path.startsWith("/names/") ? json('{"B": "w", "j": ') : html("<h1>Sorry")),
    huge: async ({ visit, send }) => send({ headers: headersFor(visit), body: blanks(HUGE_BYTES) }),
    slow: async ({ order, signal, response, answer: right, send }) => {
      await pause(order.ms ?? 1000, undefined, { signal });
      // Who has given up meanwhile has not been told anything.
      if (!response.destroyed) await send(right);
    },
    "no-cards": async ({ send }) => send(html(changedListPage(listed()))),
  };

  const server = await serveSite(
    {
      answer,
      faults,
      changes: CHANGES,
      hits: (order, visit) => {
        if (order.fault === "no-cards") return visit.path === "/live-matches";
        return visit.path.includes(order.path ?? "") && (order["match"] === undefined || order["match"] === keyOf(visit));
      },
      change(order) {
        if (!CHANGES.includes(order.fault)) return false;
        const key = String(order["match"] ?? "");
        if (key === "") throw new RangeError(`${order.fault}: which match?`);
        const entry = entries.get(key) ?? (order.fault === "add-match" ? add(key) : undefined);
        if (entry === undefined) throw new RangeError(`match: there is no ${key}`);
        if (order.fault === "finish-match") entry.match = finish(entry.match);
        else entry.isListed = order.fault === "add-match";
        // One that is put on the list again is played on: its final text goes away.
        if (order.fault === "add-match") entry.match = { ...entry.match, isFinished: false };
        return true;
      },
      log: (lines: readonly LogLine[]) => ({ total: lines.length, paths: countByPath(lines), told: Object.fromEntries([...entries].map(([key, { told }]) => [key, told])) }),
    },
    port,
  );
  const { url } = server;
  return {
    ...server,
    environment: {
      CREX_URL: `${url}/live-matches`,
      SV3_URL: `${url}/v10/sV3.php?key={matchKey}`,
      SC4_URL: `${url}/v10/sC4.php?key={matchKey}`,
      NAMES_URL: `${url}/names/{matchKey}.json`,
    },
    listed,
    told: (matchKey) => entries.get(matchKey)?.told ?? [],
  };
}

function totalsOf({ totals: [first, second] }: ScriptedMatch): readonly [string, string] {
  return [`${first.runs}/${first.wickets}(${oversText(first)}`, `${second.runs}/${second.wickets}(${oversText(second)}`];
}

/** The match that a request is about. */
function keyOf({ path, url }: Visit): string | null {
  if (path.startsWith("/v10/")) return url.searchParams.get("key");
  return /^\/names\/([^/]+)\.json$/.exec(path)?.[1] ?? /^\/scoreboard\/([^/]+)\//.exec(path)?.[1] ?? null;
}

function* blanks(bytes: number): Generator<Uint8Array> {
  const piece = Buffer.alloc(64 * 1024, " ");
  for (let sent = 0; sent < bytes; sent += piece.length) yield piece;
}

function headersFor({ path }: Visit): Record<string, string> {
  return { "content-type": path.includes("/v10/") ? "application/json" : "text/html; charset=utf-8" };
}

function json(body: Answer["body"]): Answer {
  return { headers: { "content-type": "application/json" }, body };
}

function html(body: string): Answer {
  return { headers: { "content-type": "text/html; charset=utf-8", "set-cookie": "visitor=1; Path=/" }, body };
}

function countByPath(lines: readonly LogLine[]): Record<string, number> {
  const paths: Record<string, number> = {};
  for (const { path } of lines) paths[path] = (paths[path] ?? 0) + 1;
  return paths;
}
