// What is decided without asking anybody: lists, validity, order, lanes, bot memory, recommendations, addresses.
import assert from "node:assert/strict";
import type { LookupAddress } from "node:dns";
import { describe, test } from "node:test";
import type { Cause } from "cofferdam";
import type { WorkNote } from "../src/analyse/inputs.ts";
import { createCache } from "../src/cache/cache.ts";
import { DAY_MS, isValid, leavesOutPlainRequest, turnOf } from "../src/cache/validity.ts";
import { createGuard } from "../src/guard/guard.ts";
import { targetOf } from "../src/guard/target.ts";
import { addToList, readBlockList, removeFromList } from "../src/lists/block-list.ts";
import { CATEGORIES } from "../src/lists/categories.ts";
import { NO_RECOMMENDATIONS, recommend } from "../src/lists/recommendations.ts";
import { createDomainQueue, type Taken } from "../src/queue/domain-queue.ts";
import { chooseLane, slowWorkersMax } from "../src/queue/lanes.ts";
import { createSlowRegistry } from "../src/queue/slow-registry.ts";
import { SKIPPED_ERROR, type DomainRecord } from "../src/record.ts";
import { familyOf, refusalOf } from "../src/run/bot-memory.ts";
import { findingOfDeath, isOfDomain, notAnalysedRecord, recordOf } from "../src/run/make-record.ts";
import { planRun } from "../src/run/plan.ts";
import { recordsOf } from "../src/run/write-outputs.ts";
import { makeRecord } from "./workbench.ts";

const NOW = Date.parse("2026-03-01T00:00:00Z");
const daysAgo = (days: number): string => new Date(NOW - days * DAY_MS).toISOString();

describe("lists", () => {
  const text = "\uFEFF# head\n\nsephora.com\nwww.sephora.com\napi.sephora.com\r\ndrive.x.com\n Ulta.com \nsephora.com\n";

  test("skip blank lines, comments and three prefixes", () => {
    const list = readBlockList(text);
    assert.deepEqual(list.domains, ["sephora.com", "ulta.com"]);
    assert.equal(list.entries.length, 6);
  });

  test("an addition appends both forms, sorted, none twice; comments stay", () => {
    const added = addToList("# head\nb.com\nwww.a.com", ["z.com", "a.com"]);
    assert.equal(added, "# head\nb.com\nwww.a.com\na.com\nwww.z.com\nz.com\n");
    assert.equal(addToList(added, ["z.com"]), added);
  });

  test("a removal deletes both forms and nothing else", () => {
    assert.equal(removeFromList("# a.com\na.com\nwww.a.com\nba.com\r\n", ["a.com"]), "# a.com\nba.com\r\n");
  });
});

describe("validity and order", () => {
  const rules = { cacheDays: 30, failureDays: 7 };
  const ok = (days: number): DomainRecord => makeRecord({ domain: "a.com", method: "http", attempt_count: 1, analyzed_at: daysAgo(days), last_attempt_date: daysAgo(days) });
  const bad = (days: number, attempts = 1): DomainRecord =>
    makeRecord({ domain: "a.com", accessible: false, error: "x", attempt_count: attempts, analyzed_at: daysAgo(days), last_attempt_date: daysAgo(days) });

  test("accessible ones 30 days, others 7, skipped ones and those that we failed in never", () => {
    assert.deepEqual(
      [ok(29.9), ok(30), bad(6.9), bad(7), { ...bad(0), error: SKIPPED_ERROR }, { ...bad(0), analyzed_at: null }].map((record) => isValid(record, rules, NOW)),
      [true, false, true, false, false, false],
    );
  });

  test("the plain request is left out only where the browser was needed not long ago", () => {
    const browser = (days: number, attempts: number): DomainRecord => ({ ...ok(days), method: "browser", attempt_count: attempts });
    assert.deepEqual(
      [browser(1, 1), browser(1, 2), browser(1, 3), browser(9.9, 4), browser(10, 4), ok(1), bad(1), null].map((record) => leavesOutPlainRequest(record, NOW)),
      [true, true, false, true, false, false, false, false],
    );
  });

  test("http successes, browser successes, new, failed and ready, failed and not ready", () => {
    assert.deepEqual(
      [ok(1), { ...ok(1), method: "browser" as const }, null, bad(1, 3), bad(10, 1), bad(1, 1), { ...bad(1), attempt_count: 0 }].map((record) => turnOf(record, NOW)),
      [0, 1, 2, 3, 3, 4, 2],
    );
  });

  test("a plan takes each domain once, in that order, and leaves out what is known", () => {
    const known = new Map([
      ["bad.com", bad(8, 1)],
      ["fine.com", ok(1)],
      ["old.com", ok(31)],
    ]);
    const lists = CATEGORIES.slice(0, 2).map((category) => ({ category, entries: [], domains: ["bad.com", "new.com", "fine.com", "old.com"] }));
    const options = { ...rules, nowMs: NOW, sampleSize: null, force: false };
    const [first, second] = planRun(lists, (domain) => known.get(domain) ?? null, options);
    assert.deepEqual([first?.todo, first?.cached, second?.todo, second?.cached], [["old.com", "new.com", "bad.com"], ["fine.com"], [], []]);
    const [forced] = planRun(lists, (domain) => known.get(domain) ?? null, { ...options, force: true, sampleSize: 3 });
    assert.deepEqual(forced?.todo, ["fine.com", "new.com", "bad.com"]);
  });
});

describe("lanes", () => {
  test("the share of slow ones is rounded down, at least one", () =>
    assert.deepEqual(
      [1, 2, 5, 10].map((workers) => slowWorkersMax(workers, 0.4)),
      [1, 1, 2, 4],
    ));

  test("slow ones never get more than their share while others wait, and anything when nobody does", () => {
    const waiting = { fast: 1, medium: 1, slow: 5 };
    const ask = (slow: number, left: Partial<typeof waiting> = {}): string | null =>
      chooseLane({ waiting: { ...waiting, ...left }, running: { fast: 0, medium: 0, slow }, workers: 5, workerRatio: 0.4 });
    assert.deepEqual([ask(0), ask(1), ask(2), ask(2, { fast: 0 }), ask(4, { fast: 0, medium: 0 })], ["slow", "slow", "fast", "medium", "slow"]);
    assert.equal(chooseLane({ waiting: { fast: 0, medium: 0, slow: 0 }, running: { fast: 0, medium: 0, slow: 0 }, workers: 5, workerRatio: 0.4 }), null);
  });

  test("any run of takes and releases keeps the share and loses nobody", () => {
    const registry = createSlowRegistry();
    const domains = [...Array.from({ length: 12 }, (_, index) => `chanel.c${index}`), ...Array.from({ length: 12 }, (_, index) => `new${index}.com`)];
    const queue = createDomainQueue({ domains, known: () => null, registry, workers: 5, smart: true, familyOf: (domain) => domain });
    const running: Taken[] = [];
    const seen = new Set<string>();
    for (let step = 0; seen.size < domains.length || running.length > 0; step++) {
      const taken: Taken | null = running.length < 5 ? queue.take() : null;
      if (taken !== null) {
        running.push(taken);
        seen.add(taken.domain);
        const othersWait = queue.waiting().fast + queue.waiting().medium > 0;
        if (othersWait) assert.ok(running.filter(({ lane }) => lane === "slow").length <= 2);
      } else {
        const [done] = running.splice((step * 7) % running.length, 1);
        if (done !== undefined) queue.release(done);
      }
    }
    assert.equal(queue.take(), null);
  });

  test("siblings are taken one after the other while others wait", () => {
    const domains = ["brand.com", "brand.de", "brand.fr", "other.com"];
    const queue = createDomainQueue({ domains, known: () => null, registry: createSlowRegistry(), workers: 3, smart: true, familyOf });
    const first = queue.take();
    assert.deepEqual([first?.domain, queue.take()?.domain, queue.take()?.domain], ["brand.com", "other.com", "brand.de"]);
    if (first !== null) queue.release(first);
    assert.equal(queue.take()?.domain, "brand.fr");
  });

  test("without lanes strictly in order; the registry knows whom it knows", () => {
    const registry = createSlowRegistry();
    const queue = createDomainQueue({ domains: ["a.com", "dior.com", "b.com"], known: () => null, registry, workers: 2, smart: false, familyOf });
    assert.deepEqual(
      [queue.take(), queue.take(), queue.take(), queue.take()],
      [{ domain: "a.com", lane: "medium" }, { domain: "dior.com", lane: "slow" }, { domain: "b.com", lane: "medium" }, null],
    );
    assert.deepEqual(
      ["dior.com", "www.dior.co.uk", "mydior.com", "diorama.com"].map((domain) => registry.matches(domain)),
      [true, true, false, false],
    );
  });
});

describe("bot memory", () => {
  test("a family is the registrable name without its suffix", () => {
    assert.deepEqual(["chanel.com", "www.chanel.co.uk", "shop.chanel.com.au", "a.github.io", "own.invalid-suffix-x"].map(familyOf), [
      "chanel",
      "chanel",
      "chanel",
      "a.github.io",
      "own.invalid-suffix-x",
    ]);
  });

  const record = (change: Partial<DomainRecord>): DomainRecord =>
    makeRecord({ domain: "a.com", accessible: false, error: "Browser: No content retrieved", fallback_reason: "HTTP 403 Forbidden", ...change });
  const cases: readonly (readonly [string, DomainRecord, boolean, boolean])[] = [
    ["both methods failed, one was refused", record({}), true, true],
    ["the browser was refused", record({ error: "Browser: Bot protection (cloudflare: x)", fallback_reason: "HTTP timeout after 10.0s" }), true, true],
    ["a certificate", record({ fallback_reason: "SSL: certificate of a.com was not accepted" }), true, true],
    ["the browser made it good", record({ accessible: true }), true, false],
    ["nothing was refused", record({ fallback_reason: "Connection to a.com was cut" }), true, false],
    ["403 characters are no status", record({ error: "Browser: Insufficient content (403 chars)", fallback_reason: "Insufficient content (403 chars, needs 500+)" }), true, false],
    ["the plain request was left out", record({}), false, false],
  ];
  for (const [name, refused, tried, expected] of cases) test(name, () => assert.equal(refusalOf(refused, tried) !== null, expected));
});

describe("recommendations", () => {
  const records = [
    makeRecord({ domain: "low.com", base_score: 29, risk_score: 60, related_domains: ["listed.com", "www.google.com", "notgoogle.com", "new.com", "fifth.com", "sixth.com"] }),
    makeRecord({ domain: "zero.com", base_score: 0 }),
    makeRecord({ domain: "high.com", base_score: 30 }),
    makeRecord({ domain: "gone.com", accessible: false, base_score: 0 }),
  ];
  const context = { listed: new Set(["listed.com"]), now: "2026-03-01T00:00:00Z" };

  test("base scores decide; unlisted and not well known; the first five", () => {
    const { additions, removals } = recommend(NO_RECOMMENDATIONS, [{ category: "Conglomerates", records }], context);
    assert.deepEqual(
      additions.map(({ domain }) => domain),
      ["notgoogle.com", "new.com", "fifth.com"],
    );
    assert.deepEqual(additions[1], {
      domain: "new.com",
      category: "Conglomerates",
      reason: "Found via low.com analysis, appears to be related service",
      source: "low.com",
      detected_at: context.now,
      status: "pending",
    });
    assert.deepEqual(removals, [
      { domain: "low.com", category: "Conglomerates", reason: "Low risk score (29/100), may not warrant blocking", risk_score: 29, detected_at: context.now, status: "pending" },
    ]);
  });

  test("what is no host is not recommended, whatever a page links to", () => {
    const related_domains = ["*.com", ".com", "a b.com", "\u001b[2kevil.com", "bücher.example"];
    const { additions } = recommend(NO_RECOMMENDATIONS, [{ category: "Conglomerates", records: [makeRecord({ domain: "a.com", related_domains })] }], context);
    assert.deepEqual(
      additions.map(({ domain }) => domain),
      ["bücher.example"],
    );
  });

  test("what is there is neither repeated nor reset", () => {
    const once = recommend(NO_RECOMMENDATIONS, [{ category: "Conglomerates", records }], context);
    const applied = { ...once, removals: once.removals.map((one) => Object.assign({}, one, { status: "applied" as const })) };
    const twice = recommend(applied, [{ category: "Food & Delivery", records }], { ...context, now: "2027-01-01T00:00:00Z" });
    assert.deepEqual([twice.additions, twice.removals], [applied.additions, applied.removals]);
  });
});

describe("what a run leaves of a list", () => {
  const [category] = CATEGORIES;
  assert.ok(category !== undefined);
  const list = { category, entries: [], domains: ["a.com"] };
  const record = (days: number | null, accessible: boolean): DomainRecord => makeRecord({ domain: "a.com", accessible, analyzed_at: days === null ? null : daysAgo(days) });
  const left = (cached: DomainRecord | null, written: DomainRecord | null): boolean | undefined => {
    const cache = createCache({ records: new Map(cached === null ? [] : [["a.com", cached]]), save: async () => undefined });
    return recordsOf(list, { cache, written: written === null ? [] : [{ category, records: [written] }] }).records[0]?.accessible;
  };

  test("is the newer of what the cache knows and what an earlier run has written", () => {
    assert.deepEqual(
      [left(record(2, true), record(1, false)), left(record(1, true), record(2, false)), left(record(1, true), record(1, false)), left(record(1, true), record(null, false))],
      [false, true, true, true],
    );
    assert.deepEqual([left(null, record(1, false)), left(record(null, true), record(1, false)), left(record(1, true), null), left(null, null)], [false, false, true, undefined]);
  });
});

describe("targets", () => {
  test("names become addresses of home pages, or an error that names them", () => {
    const of = (domain: string): object => targetOf("https://{domain}/", domain);
    assert.deepEqual(of("bücher.example"), { address: "https://xn--bcher-kva.example/" });
    assert.deepEqual(of("1.2.3.4"), { address: "https://1.2.3.4/" });
    assert.deepEqual(of("::1"), { address: "https://[::1]/" });
    for (const bad of [
      "localhost",
      "user:pass@a.com",
      "a.com/path",
      "http://a.com",
      "a b.com",
      "-a.com",
      "0x7f.1",
      "1.2",
      "a..com",
      `${"a".repeat(64)}.com`,
      "a.com:80",
      `${"\u00AD".repeat(300)}a.com`,
    ])
      assert.ok("error" in of(bad), bad);
  });

  const lookUp = (found: readonly string[], allowPrivate = false): Promise<unknown> =>
    new Promise((resolve) => {
      const addresses: LookupAddress[] = found.map((address) => ({ address, family: address.includes(":") ? 6 : 4 }));
      createGuard(allowPrivate, (_name, callback) => callback(null, addresses)).lookup("name.com", { all: true }, (error, answer) => resolve(error?.message ?? answer));
    });

  test("a name is refused when any of its addresses is private", async () => {
    assert.deepEqual(await lookUp(["93.184.216.34"]), [{ address: "93.184.216.34", family: 4 }]);
    assert.equal(await lookUp(["93.184.216.34", "10.0.0.1"]), "Private address refused: name.com is 10.0.0.1");
    assert.equal(await lookUp(["::ffff:10.0.0.1"]), "Private address refused: name.com is ::ffff:10.0.0.1");
    assert.deepEqual(await lookUp(["10.0.0.1"], true), [{ address: "10.0.0.1", family: 4 }]);
  });

  test("other protocols and credentials are refused, addresses in any notation are seen", () => {
    const guard = createGuard(false);
    for (const [url, why] of [
      ["ftp://a.com/", /neither http nor https/],
      ["https://user@a.com/", /user or a password/],
      ["http://0x7f.1/", /Private address refused: 127\.0\.0\.1/],
      ["http://2130706433/", /Private address refused: 127\.0\.0\.1/],
      ["http://[::ffff:a00:1]/", /Private address refused/],
    ] as const) {
      assert.throws(() => guard.check(new URL(url)), why);
    }
    guard.check(new URL("https://93.184.216.34/"));
  });
});

describe("records of workers that did not live to tell", () => {
  const context = { domain: "a.com", previous: makeRecord({ domain: "a.com", attempt_count: 2 }), now: new Date(NOW) };
  const dead = (cause: "over-time" | "over-memory" | "crashed"): DomainRecord =>
    recordOf(findingOfDeath({ cause, summary: "It is gone.", wallMs: 20_430, fallbackReason: "HTTP 403 Forbidden" }), context, 15);

  test("what ends a worker that asks the domain is the domain's, unless somebody else did it", () => {
    const note: WorkNote = { stage: "http", fallback_reason: null, browsers: 0, contexts: 0, launches: 0, killed: 0, died: 0 };
    const expected: Readonly<Record<Cause, boolean>> = {
      succeeded: true,
      failed: true,
      exited: true,
      "out-of-heap": true,
      "over-memory": true,
      "oom-killed": false,
      "over-pids": true,
      "over-time": true,
      stalled: true,
      blocked: true,
      "over-output": true,
      crashed: true,
      killed: false,
      lost: false,
      cancelled: false,
      "resource-exhausted": false,
      "lock-contention": false,
    };
    for (const [cause, isIts] of Object.entries(expected) as [Cause, boolean][]) {
      assert.equal(isOfDomain({ cause, note }), isIts, cause);
      assert.equal(isOfDomain({ cause, note: null }), false, `${cause}, of a worker that did not come as far as the domain`);
    }
    const record = notAnalysedRecord(context, { cause: "killed", summary: "Somebody sent SIGKILL." });
    assert.deepEqual(
      [record.accessible, record.error, record.attempt_count, record.last_attempt_date, record.analyzed_at],
      [false, "Not analysed: killed: Somebody sent SIGKILL.", 2, null, null],
    );
  });

  test("out of time, out of memory, crashed", () => {
    assert.equal(dead("over-time").error, "Timeout after 20.4s");
    assert.equal(dead("over-memory").error, "Worker ended (memory): It is gone.");
    assert.equal(dead("crashed").error, "Worker ended (crashed): It is gone.");
    assert.deepEqual([dead("over-time").attempt_count, dead("over-time").timeout_pattern, dead("over-time").fallback_reason], [3, true, "HTTP 403 Forbidden"]);
  });
});
