import { FetchError } from "./fetch-error.ts";
import type { HttpAnswer, HttpClient } from "./http-client.ts";
import type { Pace } from "./pace.ts";
import type { FetchedPage, PageMemory } from "./page-memory.ts";
import { readRobotsText, type Robots } from "./robots.ts";

const REDIRECTS_MAX = 5;

export interface PageSourceOptions {
  readonly client: HttpClient;
  readonly pace: Pace;
  readonly memory: PageMemory;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** Pages, as far as robots.txt lets us, each fetched at most once in a run. */
export interface PageSource {
  /** @throws FetchError */
  get(url: string): Promise<FetchedPage>;
}

export function createPageSource({ client, pace, memory, timeoutMs, signal }: PageSourceOptions): PageSource {
  const robots = new Map<string, Promise<Robots>>();
  /** What failed is not asked for again either, within one attempt. */
  const failures = new Map<string, FetchError>();

  function ask(url: string): Promise<HttpAnswer> {
    return pace.run(new URL(url).host, signal, async () => {
      const answer = await client.get(url, { signal, timeoutMs });
      if (answer.status >= 400) throw new FetchError("status", `${new URL(url).pathname} answered ${answer.status}`, { status: answer.status });
      return answer;
    });
  }

  /** Follows redirects by hand: each step is a request like any other. */
  async function follow(url: string, allowed: (step: string) => Promise<void>): Promise<FetchedPage> {
    let at = url;
    for (let hops = 0; hops <= REDIRECTS_MAX; hops += 1) {
      await allowed(at);
      const { status, location, body } = await ask(at);
      if (location === null) return { finalUrl: at, status, body };
      at = location;
    }
    throw new FetchError("redirects", `more than ${REDIRECTS_MAX} redirects`);
  }

  function rulesOf(origin: string): Promise<Robots> {
    const known = robots.get(origin);
    if (known !== undefined) return known;
    const reading = readRobots(origin);
    robots.set(origin, reading);
    return reading;
  }

  async function readRobots(origin: string): Promise<Robots> {
    const url = `${origin}/robots.txt`;
    const kept = await memory.find(url);
    const page = kept ?? (await fetchRobots(url));
    const rules = readRobotsText(url, page.body);
    if (rules.crawlDelaySeconds !== null) pace.atLeast(new URL(origin).host, rules.crawlDelaySeconds);
    return rules;
  }

  /** RFC 9309: a file that is not there allows everything; one that cannot be had forbids everything. */
  async function fetchRobots(url: string): Promise<FetchedPage> {
    const page = await follow(url, async () => undefined).catch((error: unknown): FetchedPage => {
      if (isMissing(error)) return { finalUrl: url, status: 404, body: "" };
      if (error instanceof FetchError) throw new FetchError(error.problem, `robots.txt could not be read: ${error.message}`, error);
      throw error;
    });
    await memory.keep(url, page);
    return page;
  }

  async function assertAllowed(url: string): Promise<void> {
    const rules = await rulesOf(new URL(url).origin);
    if (!rules.allows(url)) throw new FetchError("robots", `robots.txt disallows ${new URL(url).pathname}`);
  }

  return {
    async get(url) {
      const kept = await memory.find(url);
      if (kept !== null) return kept;
      const failure = failures.get(url);
      if (failure !== undefined) throw failure;
      try {
        const page = await follow(url, assertAllowed);
        await memory.keep(url, page);
        return page;
      } catch (error) {
        if (error instanceof FetchError) failures.set(url, error);
        throw error;
      }
    },
  };
}

function isMissing(error: unknown): boolean {
  if (!(error instanceof FetchError) || error.problem !== "status") return false;
  const status = typeof error.cause === "object" && error.cause !== null && "status" in error.cause ? Number(error.cause.status) : 0;
  return status >= 400 && status < 500;
}
