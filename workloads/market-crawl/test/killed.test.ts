import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { it } from "node:test";
import { startMarketStandIn } from "../src/stand-in/server.ts";
import { makeWorld } from "../src/stand-in/world.ts";
import { ask, endOf, openWorkbench, post, TODAY } from "./workbench.ts";

const CLI = join(import.meta.dirname, "..", "src", "cli.ts");

const children = new Set<ChildProcess>();

function start(environment: Readonly<Record<string, string>>, ...words: readonly string[]): ChildProcess {
  const child = spawn(process.execPath, [CLI, ...words], { env: { ...process.env, ...environment }, stdio: ["ignore", "pipe", "inherit"] });
  children.add(child);
  child.once("exit", () => children.delete(child));
  return child;
}

async function serve(environment: Readonly<Record<string, string>>): Promise<{ readonly child: ChildProcess; readonly url: string }> {
  const child = start(environment, "--json", "serve");
  assert.ok(child.stdout !== null);
  for await (const line of createInterface({ input: child.stdout })) return { child, url: JSON.parse(line).url };
  throw new Error("the service ended before it was ready");
}

async function run(environment: Readonly<Record<string, string>>, ...words: readonly string[]): Promise<{ readonly code: number | null; readonly text: string }> {
  const child = start(environment, ...words);
  const exited = once(child, "exit");
  const parts = (await child.stdout?.toArray()) ?? [];
  const [code] = await exited;
  return { code, text: Buffer.concat(parts).toString("utf8") };
}

/** Processes that were started with this directory among their settings. */
function processesOf(databasePath: string): readonly string[] {
  return readdirSync("/proc").filter((pid) => {
    if (!/^\d+$/.test(pid) || Number(pid) === process.pid) return false;
    try {
      return readFileSync(`/proc/${pid}/environ`, "utf8").includes(databasePath);
    } catch {
      return false;
    }
  });
}

it("a service that was killed leaves nothing running; its run is interrupted and goes on; the commands say so", async () => {
  const site = await startMarketStandIn(makeWorld({ addresses: null, ids: null, today: TODAY }));
  const addresses = { FLEAMARKET_URL: site.fleamarketUrl, LOPPEMARKEDER_URL: site.loppemarkederUrl, GEOCODE_URL: site.geocodeUrl };
  await using bench = await openWorkbench({ ...addresses, COFFERDAM_WORKER_NICE: "0", REQUEST_TIMEOUT_SECONDS: "30" });
  const { environment } = bench;
  try {
    site.order({ path: "/marked/vis/kr", fault: "hang", count: 1 });
    const first = await serve(environment);
    const { body } = await post(`${first.url}/scraper/trigger`);
    await site.untilVisit(({ fault }) => fault === "hang");
    const exited = once(first.child, "exit");
    first.child.kill("SIGKILL");
    await exited;

    const second = await serve(environment);
    // The start of a runtime has swept what the dead one left: it is ready, so nothing of it is there.
    assert.deepEqual(
      processesOf(environment["DB_PATH"] ?? "").filter((pid) => parentsOf(pid).every((each) => each !== String(second.child.pid))),
      [],
    );
    const interrupted = await endOf(second.url, body.run_id);
    assert.deepEqual([interrupted.status, interrupted.saved, interrupted.exit_code], ["interrupted", 1, 1]);
    assert.equal((await post(`${second.url}/scraper/runs/${body.run_id}/resume`)).status, 202);
    const resumed = await endOf(second.url, body.run_id);
    assert.deepEqual([resumed.status, resumed.trigger, resumed.saved], ["success", "resume", 18]);
    const fetched = site
      .log()
      .filter(({ fault }) => fault === null)
      .map(({ path, url }) => (path.startsWith("/v1/") ? url : path));
    assert.deepEqual(
      fetched.filter((path, index) => fetched.indexOf(path) !== index),
      [],
      "nothing was fetched twice",
    );

    const triggered = await run(environment, "--json", "trigger", "--wait", "--url", second.url);
    assert.deepEqual([triggered.code, JSON.parse(triggered.text).status], [0, "success"]);
    assert.equal((await ask(`${second.url}/scraper/status`)).body.freshness, "fresh");
    const gone = once(second.child, "exit");
    second.child.kill("SIGTERM");
    assert.deepEqual(await gone, [0, null]);
    assert.deepEqual(processesOf(environment["DB_PATH"] ?? ""), []);

    site.order({ path: "/wp-json", fault: "bad-event", count: 1 });
    assert.equal((await run(environment, "run")).code, 5);
    const status = await run(environment, "--json", "status");
    assert.deepEqual([JSON.parse(status.text).freshness, JSON.parse(status.text).runs[0].status], ["fresh", "partial"]);
    assert.match((await run(environment, "logs")).text, /91002 failed: the event has no title/);
    assert.equal((await run(environment, "parse-address", "A,")).text, '{"address":null,"postal_code":null,"city":null}\n');
    assert.equal((await run(environment, "run", "--source", "other")).code, 2);
    assert.equal((await run({ ...environment, PORT: "x" }, "run")).code, 3);
  } finally {
    for (const child of children) child.kill("SIGKILL");
    await site.close();
  }
});

function parentsOf(pid: string): readonly string[] {
  try {
    const parent = /^PPid:\s*(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? "0";
    return parent === "0" ? [pid] : [pid, ...parentsOf(parent)];
  } catch {
    return [pid];
  }
}
