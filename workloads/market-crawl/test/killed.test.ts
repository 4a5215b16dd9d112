import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { it } from "node:test";
import { driveProgram, makeDirectory, processesThatName } from "workload-command-line/testing";
import { ask, endOf, environmentIn, fetchedTwice, post, startTestSite } from "./workbench.ts";

const { run, serve } = driveProgram(join(import.meta.dirname, "..", "src", "cli.ts"), environmentIn);

it("a service that was killed leaves nothing running; its run is interrupted and goes on; the commands say so", async (test) => {
  const site = await startTestSite(test);
  const directory = await makeDirectory(test, "market-crawl-test");
  const environment = { ...site.settings, REQUEST_TIMEOUT_SECONDS: "30" };
  site.order({ path: "/marked/vis/kr", fault: "hang", count: 1 });
  const first = await serve(test, directory, undefined, environment);
  const { body } = await post(`${first.ready.url}/scraper/trigger`);
  await site.untilVisit(({ fault }) => fault === "hang");
  await first.end("SIGKILL");

  const second = await serve(test, directory, undefined, environment);
  const { url } = second.ready;
  // The start of a runtime has swept what the dead one left: it is ready, so nothing of it is there.
  assert.deepEqual(
    processesThatName(directory).filter((pid) => !ancestorsOf(pid).includes(second.child.pid ?? 0)),
    [],
  );
  const interrupted = await endOf(url, body.run_id);
  assert.deepEqual([interrupted.status, interrupted.saved, interrupted.exit_code], ["interrupted", 1, 1]);
  assert.equal((await post(`${url}/scraper/runs/${body.run_id}/resume`)).status, 202);
  const resumed = await endOf(url, body.run_id);
  assert.deepEqual([resumed.status, resumed.trigger, resumed.saved], ["success", "resume", 18]);
  assert.deepEqual(fetchedTwice(site), [], "nothing was fetched twice");

  const triggered = await run(directory, ["--json", "trigger", "--wait", "--url", url], environment);
  assert.deepEqual([triggered.code, JSON.parse(triggered.out).status], [0, "success"], triggered.err);
  assert.equal((await ask(`${url}/scraper/status`)).body.freshness, "fresh");
  assert.equal(await second.end("SIGTERM"), 0);
  assert.deepEqual(processesThatName(directory), []);

  site.order({ path: "/wp-json", fault: "bad-event", count: 1 });
  assert.equal((await run(directory, ["run"], environment)).code, 5);
  const status = await run(directory, ["--json", "status"], environment);
  assert.deepEqual([JSON.parse(status.out).freshness, JSON.parse(status.out).runs[0].status], ["fresh", "partial"]);
  assert.match((await run(directory, ["logs"], environment)).out, /91002 failed: the event has no title/);
  assert.equal((await run(directory, ["parse-address", "A,"])).out, '{"address":null,"postal_code":null,"city":null}\n');
  assert.equal((await run(directory, ["run", "--source", "other"])).code, 2);
  assert.equal((await run(directory, ["run"], { PORT: "x" })).code, 3);
});

/** A process and those it descends from. */
function ancestorsOf(pid: number): readonly number[] {
  try {
    const parent = Number(/^PPid:\s*(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? "0");
    return parent === 0 ? [pid] : [pid, ...ancestorsOf(parent)];
  } catch {
    return [pid];
  }
}
