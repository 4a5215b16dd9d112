// The program as people run it: what it prints, how it ends, what a death leaves behind.
import assert from "node:assert/strict";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { driveProgram, processesThatName, type Ended } from "workload-command-line/testing";
import { readCache, writeCache } from "../src/cache/cache-file.ts";
import { createCache } from "../src/cache/cache.ts";
import { SETTING_ROWS } from "../src/settings.ts";
import { makeRecord, openWorkbench, type Workbench } from "./workbench.ts";

const driver = driveProgram(join(import.meta.dirname, "..", "src", "cli.ts"), () => ({}));

const run = (bench: Workbench, ...words: string[]): Promise<Ended> => driver.run(bench.directory, words, bench.environment);

it("score, rescore, reports, apply and status, with their exit codes", async (test) => {
  const bench = await openWorkbench(test);
  const file = join(bench.directory, "text");
  await writeFile(file, "free delivery fee today only");
  const scored = await run(bench, "--json", "score", "--text", file);
  assert.deepEqual([JSON.parse(scored.out).behavioral_hazards, JSON.parse(scored.out).base], [{ urgency: 1, discounts: 1, convenience: 2 }, 16]);
  assert.equal((await run(bench, "score", "--html", file)).code, 2);
  assert.equal((await run(bench, "rescore")).code, 4);

  await mkdir(bench.outDirectory);
  const records = [
    makeRecord({ domain: "a.com", behavioral_hazards: { discounts: 5 }, related_domains: ["new.com", "a.com"] }),
    makeRecord({ domain: "b.com", accessible: false, error: "<b>Timeout</b> after 20.0s" }),
  ];
  await writeFile(join(bench.outDirectory, "conglomerates_data.json"), JSON.stringify(records));
  await bench.writeList("conglomerates.txt", ["a.com", "b.com"]);
  const rescored = await run(bench, "rescore");
  assert.deepEqual([rescored.code, rescored.out], [0, "Conglomerates: 1/2 accessible, average 22.0, 0 high, 0 medium, 1 low (conglomerates_analysis.md)\n"]);
  const markdown = await readFile(join(bench.outDirectory, "conglomerates_analysis.md"), "utf8");
  for (const line of [
    "# Conglomerates - Content Analysis Report",
    "**Domains Analyzed:** 2",
    "## Summary",
    "## Hazard Clusters",
    "- **discounts:** 5",
    "## Individual Domain Analysis",
    "### a.com",
  ]) {
    assert.ok(markdown.split("\n").includes(line), line);
  }
  assert.ok(markdown.includes("❌ **Not accessible:** &lt;b&gt;Timeout"));
  const page = await readFile(join(bench.outDirectory, "conglomerates.html"), "utf8");
  assert.ok(page.includes("<svg") && page.includes("&lt;b&gt;Timeout") && !/<script|https?:\/\/(?!www\.w3\.org)/.test(page));
  assert.deepEqual(Object.keys((await bench.readJson("summary.json")) ?? {}), [
    "total_domains",
    "accessible_count",
    "avg_risk_score",
    "access_rate",
    "high_risk_count",
    "categories",
    "blocklists",
    "generated_at",
  ]);

  const dry = await run(bench, "apply", "-n");
  assert.deepEqual([dry.code, dry.out.split("\n").map((line) => line.slice(0, 9).trim())], [0, ["+ new.com", "- a.com", ""]]);
  assert.equal((await run(bench, "apply")).code, 6, "nobody can be asked");
  assert.equal((await run(bench, "apply", "-y")).code, 0);
  assert.equal(await readFile(join(bench.directory, "lists", "conglomerates.txt"), "utf8"), "# a list\nb.com\nnew.com\nwww.new.com\n");
  assert.equal((await run(bench, "apply", "-y")).code, 4, "applied once");
  assert.equal((await run(bench, "status")).code, 4);
  assert.equal((await run(bench, "analyze", "-c", "drinks")).code, 2);
  assert.equal((await run(bench, "analyze", "-c", "food")).code, 3, "there is no food.txt");
  const mistyped = await run(bench, "analyze", "--status-port", "80x");
  assert.equal(mistyped.code, 2);
  assert.match(mistyped.err, /^error: --status-port: "80x" is not a whole number$/m);
  assert.deepEqual(bench.site.log(), [], "nobody was asked");

  // A recommendation that an earlier version has made of a link.
  const addition = { domain: "\u001b[2k*.com", category: "Conglomerates", reason: "", source: "a.com", detected_at: "", status: "pending" };
  await writeFile(join(bench.outDirectory, "recommendations.json"), JSON.stringify({ additions: [addition], removals: [], last_updated: null }));
  const applied = await run(bench, "apply", "-y");
  assert.deepEqual([applied.code, applied.err], [4, '"\\u001b[2k*.com" is no host; left as it is\nerror: nothing is pending\n']);
});

describe("a run that ends early", () => {
  it("SIGTERM: what is done is saved, exit 5; a second run at once is refused with 6; the next one does only what is missing", async (test) => {
    const bench = await openWorkbench(test);
    await bench.writeList("food.txt", ["one.com", "hang.com", "two.com"]);
    bench.site.order({ domain: "hang.com", fault: "hang" });
    const first = driver.start(test, bench.directory, ["analyze", "-a", "--status-port", "0"], { ...bench.environment, HTTP_TIMEOUT_SECONDS: "100", DOMAIN_BUDGET_SECONDS: "120" });
    const [, status] = await first.untilNoted(/status: (\S+)\/health/);
    await bench.site.untilVisit(({ path }) => path.startsWith("/hang.com"));
    const refused = await run(bench, "analyze", "-a");
    assert.equal(refused.code, 6, refused.err);
    const health = (await (await fetch(`${status}/health`)).json()) as {
      data: { run: { done: number; total: number }; workers: { status: string; domain: string }[]; browsers: number };
    };
    assert.deepEqual(
      [health.data.run.done, health.data.run.total, health.data.workers[0]?.status, health.data.workers[0]?.domain, health.data.browsers],
      [1, 3, "running", "hang.com", 0],
    );
    assert.match(await (await fetch(`${status}/metrics`)).text(), /domain_risk_domains_total\{category="food",result="accessible",method="http"\} 1\n/);
    const progress = await fetch(`${status}/progress`);
    const reader = progress.body?.getReader();
    assert.match(new TextDecoder().decode((await reader?.read())?.value), /^event: progress\ndata: \{"total":3,"done":1/);
    const ended = first.end("SIGTERM");
    await reader?.cancel();
    assert.equal(await ended, 5);
    bench.site.order({ domain: "hang.com", fault: "none" });
    const rest = await run(bench, "--json", "analyze", "-a");
    assert.equal(rest.code, 0, rest.err);
    assert.equal(JSON.parse(rest.out).accessible_count, 3);
    assert.deepEqual(countVisits(bench), { "/one.com/": 1, "/hang.com/": 2, "/two.com/": 1 });
  });

  it("SIGKILL: nothing of it remains, and the next one continues from the cache", async (test) => {
    const bench = await openWorkbench(test);
    await bench.writeList("food.txt", ["one.com", "two.com", "loop.com", "three.com"]);
    bench.site.order({ domain: "loop.com", fault: "loop" });
    const first = driver.start(test, bench.directory, ["analyze", "-a"], bench.environment);
    // The second visit is the browser's.
    await bench.site.untilVisit(({ path, url }) => path.startsWith("/loop.com") && countVisits(bench)[url] === 2);
    const before = processesThatName(bench.directory);
    await first.end("SIGKILL");
    await gone(before);
    bench.site.order({ domain: "loop.com", fault: "short" });
    const rest = await run(bench, "--json", "analyze", "-a");
    assert.deepEqual([rest.code, JSON.parse(rest.out).total_domains], [0, 4], rest.err);
    assert.deepEqual([countVisits(bench)["/one.com/"], countVisits(bench)["/two.com/"]], [1, 1]);
    assert.deepEqual(processesThatName(bench.directory), []);
  });
});

describe("the cache", () => {
  it("what cannot be read is set aside, and what can be read of it is kept", async (test) => {
    const bench = await openWorkbench(test);
    const directory = bench.directory;
    const now = new Date("2026-03-01T00:00:00Z");
    const good = makeRecord({ domain: "good.com" });
    await writeFile(join(directory, "analysis_cache.json"), '{"analyses": {"good.com"');
    const broken = await readCache(directory, now);
    assert.equal(broken.records.size, 0);
    assert.equal(await readFile(broken.setAside ?? "", "utf8"), '{"analyses": {"good.com"');
    await writeFile(join(directory, "analysis_cache.json"), JSON.stringify({ analyses: { "good.com": good, "bad.com": { accessible: "maybe" } }, last_updated: null }));
    const partial = await readCache(directory, new Date(now.getTime() + 1));
    assert.deepEqual([...partial.records], [["good.com", good]]);
    assert.notEqual(partial.setAside, null);
    await writeCache(directory, partial.records, now);
    assert.deepEqual(await readCache(directory, now), { records: partial.records, setAside: null });
    assert.equal((await readdir(directory)).filter((name) => name.endsWith(".new")).length, 0);
  });

  it("stores share saves, the last one is on disk when flush resolves, and a save that failed is made again", async () => {
    const saved: number[] = [];
    const { promise: opened, resolve: open } = Promise.withResolvers<void>();
    let fails = false;
    const cache = createCache({
      records: new Map(),
      async save(records) {
        await opened;
        if (fails) throw new Error("no space");
        saved.push(records.size);
      },
    });
    for (let index = 0; index < 25; index++) cache.store(makeRecord({ domain: `d${index}.com` }));
    open();
    await cache.flush();
    assert.ok(saved.length <= 2 && saved.at(-1) === 25, saved.join());
    fails = true;
    cache.store(makeRecord({ domain: "late.com" }));
    await assert.rejects(cache.flush(), /no space/);
    fails = false;
    await cache.flush();
    assert.equal(saved.at(-1), 26);
  });
});

it("the README says every setting with its default", async () => {
  const readme = await readFile(join(import.meta.dirname, "..", "README.md"), "utf8");
  const rows = [...readme.matchAll(/^\| `([A-Z_]+)` +\| (?:`([^`]*)`|none) +\|/gm)].map(([, name, fallback = ""]) => [name, fallback]);
  assert.deepEqual(
    rows,
    SETTING_ROWS.map(({ variable, fallback }) => [variable, fallback]),
  );
});

function countVisits(bench: Workbench): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { path } of bench.site.log()) counts[path] = (counts[path] ?? 0) + 1;
  return counts;
}

/** Resolves when none of these processes is there any more: the kernel ends them, and says so by their directories in /proc. */
async function gone(pids: readonly number[]): Promise<void> {
  for (const pid of pids) {
    for (;;) {
      const state = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => null);
      if (state === null || /\) [ZX] /.test(state)) break;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}
