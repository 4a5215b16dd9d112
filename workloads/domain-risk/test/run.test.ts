// The whole service against the stand-in, over real sockets and with a real browser.
import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { it } from "node:test";
import * as z from "zod";
import { readLists } from "../src/lists/read-lists.ts";
import { domainRecord, type DomainRecord } from "../src/record.ts";
import { makeRecord, openWorkbench } from "./workbench.ts";

/** Time enough for a worker to start and for the plain request to be given up. */
const SHORT_BUDGET = { DOMAIN_BUDGET_SECONDS: "10", HTTP_TIMEOUT_SECONDS: "0.5", NAV_TIMEOUT_SECONDS: "1" };

it("one run over pages that do everything wrong: each has its record, and the good ones are scored", async (test) => {
  const hazards = { health_hazards: { sugar: 2 }, behavioral_hazards: { convenience: 3 }, marketing_tactics: { fomo: 1 } };
  const bench = await openWorkbench(test, [
    makeRecord({ domain: "plain.com", ...hazards, related_domains: ["plain.com", "solved.com"], promoted_products: ["Soup"] }),
    makeRecord({ domain: "solved.com", ...hazards, method: "browser", fallback_reason: "HTTP 403 Forbidden" }),
  ]);
  const faults = ["short", "reset", "redirect-loop", "bad-encoding", "bad-gzip", "gzip-bomb", "pushy"];
  await bench.writeList("food.txt", [
    "plain.com",
    "solved.com",
    "huge.com",
    ...faults.map((fault) => `${fault}.com`),
    "user:secret@evil.com",
    "bücher.de",
    "1.2",
    "x".repeat(3_000_000),
  ]);
  for (const fault of faults) bench.site.order({ domain: `${fault}.com`, fault });
  bench.site.order({ domain: "huge.com", fault: "huge", bytes: 100_000_000 });

  const run = await bench.run({ workers: 5 }, { MAX_BODY_BYTES: "1000000" });
  const { outputs } = await run.done;
  const records = new Map(outputs.flatMap((one) => one.records).map((record) => [record.domain, record]));
  const errorOf = (domain: string): string => records.get(domain)?.error ?? "";

  assert.deepEqual(
    { ...records.get("plain.com"), analyzed_at: "", last_attempt_date: "", response_time_seconds: 0 },
    {
      ...makeRecord({ domain: "plain.com", ...hazards, related_domains: ["plain.com", "solved.com"], promoted_products: ["Soup"], method: "http" }),
      base_score: 21,
      risk_score: 23,
      enabler_risk_bonus: 2,
      facilitated_domains: [{ domain: "plain.com", risk_score: 21 }],
      justification: [
        "FACILITATOR (Inbound): Used by 1 domain(s) (+2 points)",
        "  ← Enables: plain.com (risk: 21)",
        "Promotes health hazards: sugar",
        "Uses behavioral manipulation: convenience",
        "Employs aggressive marketing: fomo",
      ],
      attempt_count: 1,
      analyzed_at: "",
      last_attempt_date: "",
      response_time_seconds: 0,
    },
  );
  assert.deepEqual([records.get("solved.com")?.method, records.get("solved.com")?.fallback_reason, records.get("solved.com")?.base_score], ["browser", "HTTP 403 Forbidden", 21]);
  assert.equal(errorOf("short.com"), "Browser: Insufficient content (42 chars)");
  assert.equal(records.get("short.com")?.fallback_reason, "Insufficient content (42 chars, needs 500+)");
  assert.match(errorOf("reset.com"), /^Browser error: net::ERR_/);
  assert.match(records.get("reset.com")?.fallback_reason ?? "", /was cut$/);
  assert.match(errorOf("redirect-loop.com"), /^Browser error: net::ERR_TOO_MANY_REDIRECTS/);
  assert.match(errorOf("bad-gzip.com"), /^Browser error: net::ERR_CONTENT_DECODING_FAILED/);
  for (const domain of ["bad-encoding.com", "gzip-bomb.com", "huge.com", "bücher.de"]) assert.equal(records.get(domain)?.method, "http", `${domain}: ${errorOf(domain)}`);
  assert.equal(records.get("pushy.com")?.method, "browser", errorOf("pushy.com"));
  assert.match(errorOf("user:secret@evil.com"), /^Invalid domain/);
  assert.match(errorOf("1.2"), /^Invalid domain/);
  // A line longer than any name, and than a job may be given.
  assert.match(errorOf("x".repeat(3_000_000)), /^Invalid domain/);
  for (const record of records.values()) assert.equal(record.accessible, record.error === undefined, record.domain);
  // A page in a browser that is gone counts for nothing.
  assert.deepEqual(run.board.open(), { browsers: 0, contexts: 0 });
  const metrics = await run.metrics.text({ ...run.board.open(), waiting: { fast: 0, medium: 0, slow: 0 } });
  assert.match(metrics, /domain_risk_domains_total\{category="food",result="accessible",method="browser"\} 2\n/);
});

it("a host that never answers and a page that loops end with the budget; others advance", async (test) => {
  const bench = await openWorkbench(test);
  await bench.writeList("food.txt", ["hang.com", "loop.com", "fine.com"]);
  for (const fault of ["hang", "loop"]) bench.site.order({ domain: `${fault}.com`, fault });
  const run = await bench.run({ workers: 2 }, SHORT_BUDGET);
  const { outputs } = await run.done;
  const records = new Map(outputs.flatMap((one) => one.records).map((record) => [record.domain, record]));
  assert.match(records.get("hang.com")?.error ?? "", /^Timeout after \d+\.\ds$/);
  assert.equal(records.get("hang.com")?.fallback_reason, "HTTP timeout after 0.5s");
  assert.match(records.get("loop.com")?.error ?? "", /^Timeout after \d+\.\ds$/);
  assert.equal(records.get("loop.com")?.timeout_pattern, true);
  assert.equal(records.size, 3);
  const metrics = await run.metrics.text({ ...run.board.open(), waiting: { fast: 0, medium: 0, slow: 0 } });
  assert.match(metrics, /domain_risk_budget_exceeded_total [23]\n/);
});

it("a worker that somebody kills says nothing of its domain: what was known stays, and the next run asks again", async (test) => {
  const bench = await openWorkbench(test);
  await bench.writeList("food.txt", ["fine.com"]);
  const runAndKill = async (options: { readonly force?: boolean }): Promise<DomainRecord | undefined> => {
    const past = new Set(bench.site.log());
    bench.site.order({ domain: "fine.com", fault: "hang" });
    const run = await bench.run(options);
    await bench.site.untilVisit((line) => line.fault === "hang" && !past.has(line));
    for (const { pid } of run.runtime.control.workers()) process.kill(pid, "SIGKILL");
    return (await run.done).outputs.flatMap(({ records }) => records)[0];
  };
  const killed = await runAndKill({});
  assert.match(killed?.error ?? "", /^Not analysed: killed: /);
  assert.equal(killed?.attempt_count, 0);
  bench.site.order({ domain: "fine.com", fault: "none" });
  assert.equal((await bench.analyse()).get("fine.com")?.accessible, true);
  assert.equal((await runAndKill({ force: true }))?.accessible, true);
});

it("a machine without a browser says nothing of the domains that need one", async (test) => {
  const bench = await openWorkbench(test);
  await bench.writeList("food.txt", ["guarded.com"]);
  bench.site.order({ domain: "guarded.com", fault: "403" });
  const records = await bench.analyse({}, { BROWSER_PATH: join(bench.directory, "no-browser") });
  assert.match(records.get("guarded.com")?.error ?? "", /^Not analysed: failed: .*no-browser, which is not a program/);
  bench.site.order({ domain: "guarded.com", fault: "none" });
  assert.equal((await bench.analyse()).get("guarded.com")?.method, "http");
});

it("private addresses are refused: nothing is asked", async (test) => {
  const bench = await openWorkbench(test);
  await bench.writeList("food.txt", ["plain.com", "10.0.0.7"]);
  const records = await bench.analyse({}, { ALLOW_PRIVATE_TARGETS: "false" });
  assert.equal(records.get("plain.com")?.error, "Private address refused: 127.0.0.1");
  assert.equal(bench.site.log().length, 0);
});

it("a family that refuses us is paid for once per worker, the rest is skipped; force asks again, and a success forgets it", async (test) => {
  const bench = await openWorkbench(test);
  const family = ["com", "co.uk", "ca", "de", "fr", "it", "es", "nl", "be", "at"].map((suffix) => `velvetreef.${suffix}`);
  await bench.writeList("cosmetics.txt", family);
  bench.site.order({ fault: "403" });
  const records = await bench.analyse({ workers: 2 });
  const skipped = [...records.values()].filter(({ error }) => error === "Skipped: Known bot protection pattern");
  const paid = [...records.values()].filter(({ fallback_reason }) => fallback_reason === "HTTP 403 Forbidden");
  assert.ok(paid.length >= 1 && paid.length <= 2, `${paid.length} were paid for`);
  assert.equal(skipped.length, family.length - paid.length);
  assert.deepEqual(new Set(bench.site.log().map(({ path }) => path.split("/")[1])), new Set(paid.map(({ domain }) => domain)));

  bench.site.order({ fault: "none" });
  const again = await bench.analyse({ workers: 2 });
  assert.equal([...again.values()].filter(({ accessible }) => accessible).length, 0, "the memory outlives the run");
  const forced = await bench.analyse({ workers: 2, force: true, sampleSize: 1 });
  assert.equal(forced.get("velvetreef.com")?.method, "http");
  const forgotten = await bench.analyse({ workers: 2 });
  for (const { domain } of skipped) assert.equal(forgotten.get(domain)?.accessible, true, domain);
});

it("a narrow run, and one without cache, leave what earlier runs have written", async (test) => {
  const bench = await openWorkbench(test);
  await bench.writeList("food.txt", ["one.com", "two.com"]);
  await bench.writeList("cosmetics.txt", ["three.com"]);
  await bench.analyse();
  const { found } = await readLists(bench.environment["LISTS_DIR"] ?? "");
  bench.site.order({ domain: "one.com", fault: "403" });
  await bench.analyse({ lists: found.slice(0, 1), useCache: false, sampleSize: 1 });
  const data = z.array(domainRecord).parse(await bench.readJson("food_delivery_data.json"));
  assert.deepEqual(
    data.map(({ domain, accessible }) => [domain, accessible]),
    [
      ["one.com", false],
      ["two.com", true],
    ],
  );
  const summary = z.object({ total_domains: z.number(), accessible_count: z.number(), categories: z.record(z.string(), z.unknown()) }).parse(await bench.readJson("summary.json"));
  assert.deepEqual([summary.total_domains, summary.accessible_count, Object.keys(summary.categories)], [3, 2, ["Food & Delivery", "Cosmetics & Beauty"]]);
  // What cannot be read is not written over, and nobody is asked for nothing.
  await writeFile(join(bench.outDirectory, "food_delivery_data.json"), "[");
  await assert.rejects(bench.run({ useCache: false }), /food_delivery_data\.json cannot be read/);
  assert.equal(await readFile(join(bench.outDirectory, "food_delivery_data.json"), "utf8"), "[");
});

it("a domain in two lists is fetched once, and a rerun fetches nothing", async (test) => {
  const bench = await openWorkbench(test);
  await bench.writeList("food.txt", ["both.com", "one.com"]);
  await bench.writeList("conglomerates.txt", ["both.com"]);
  await bench.analyse({ parallelCategories: true });
  assert.equal(bench.site.log().length, 2);
  const data = await bench.readJson("conglomerates_data.json");
  assert.equal(Array.isArray(data) ? data.length : 0, 1);
  const run = await bench.run();
  await run.done;
  assert.equal(bench.site.log().length, 2);
  assert.deepEqual({ ...run.board.figures(), staleness_seconds: 0 }, { total: 2, done: 2, accessible: 0, failed: 0, skipped: 0, cached: 2, eta_seconds: 0, staleness_seconds: 0 });
});
