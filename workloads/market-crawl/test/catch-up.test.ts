// The daily run that was missed, through real starts and real deaths of the program.
import assert from "node:assert/strict";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { it } from "node:test";
import { driveProgram, makeDirectory } from "workload-command-line/testing";
import { ask, endOf, environmentIn, fetchedTwice, post, startTestSite } from "./workbench.ts";

const { serve } = driveProgram(join(import.meta.dirname, "..", "src", "cli.ts"), environmentIn);

const DAY_MS = 86_400_000;

interface Scheduled {
  readonly updatedAtMs: number;
  readonly lastSlotMs: number | null;
  readonly missed: number;
}

/** The runtime's own record of the schedule, while it is down; `change` writes it, as it would be had the machine been off for that long. */
function scheduleOf(directory: string, change?: (record: Scheduled) => Partial<Scheduled>): Scheduled {
  const database = new DatabaseSync(join(directory, "runtime", "cofferdam.db"));
  try {
    const record = JSON.parse(String(database.prepare("SELECT record FROM schedules WHERE key = 'market-crawl.daily'").get()?.["record"])) as Scheduled;
    if (change !== undefined) database.prepare("UPDATE schedules SET record = ? WHERE key = 'market-crawl.daily'").run(JSON.stringify({ ...record, ...change(record) }));
    return record;
  } finally {
    database.close();
  }
}

it("a daily run that was missed for days is caught up once, at the start; killed, it is written down, goes on when asked to, and is not begun anew", async (test) => {
  const site = await startTestSite(test);
  const directory = await makeDirectory(test, "market-crawl-test");
  const environment = { ...site.settings, REQUEST_TIMEOUT_SECONDS: "600", STALL_SECONDS: "600" };
  const runs = async (url: string): Promise<readonly { readonly run_id: string; readonly trigger: string; readonly status: string }[]> =>
    (await ask(`${url}/scraper/runs`)).body.runs;

  const first = await serve(test, directory, undefined, environment);
  assert.deepEqual(await runs(first.ready.url), [], "a new schedule owes nothing");
  assert.equal(await first.end("SIGTERM"), 0);
  scheduleOf(directory, ({ updatedAtMs, lastSlotMs }) => ({ updatedAtMs: updatedAtMs - 4 * DAY_MS, lastSlotMs: lastSlotMs === null ? null : lastSlotMs - 4 * DAY_MS }));

  site.order({ path: "/marked/vis/kr", fault: "hang", count: 1 });
  const second = await serve(test, directory, undefined, environment);
  await site.untilVisit(({ fault }) => fault === "hang");
  const begun = await runs(second.ready.url);
  assert.deepEqual(
    begun.map(({ trigger, status }) => [trigger, status]),
    [["schedule", "running"]],
  );
  const runId = begun[0]?.run_id ?? "";
  await second.end("SIGKILL");

  const third = await serve(test, directory, undefined, environment);
  const { url } = third.ready;
  const interrupted = await endOf(url, runId);
  assert.deepEqual([interrupted.status, interrupted.error, interrupted.saved], ["interrupted", "lost", 1]);
  assert.deepEqual((await runs(url)).length, 1, "the days before, and the one that died, are not begun anew");
  assert.equal((await post(`${url}/scraper/runs/${runId}/resume`)).status, 202);
  const resumed = await endOf(url, runId);
  assert.deepEqual([resumed.status, resumed.trigger, resumed.saved], ["success", "resume", 18]);
  assert.deepEqual(fetchedTwice(site), [], "nothing was fetched twice");
  assert.equal(await third.end("SIGTERM"), 0);
  const { missed, lastSlotMs } = scheduleOf(directory);
  assert.ok(missed >= 3 && missed <= 4, `${missed} missed`);
  assert.ok(lastSlotMs !== null && Date.now() - lastSlotMs < 2 * DAY_MS);
});
