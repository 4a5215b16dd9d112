import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, it } from "node:test";
import { sql } from "kysely";
import { cleanUp, driveProgram, makeDirectory, serveOnLoopback } from "workload-command-line/testing";
import { createClock } from "../src/clock.ts";
import { startStandIn } from "../src/stand-in/site.ts";
import { PATIENT, QUICK, seqs, startScene, upTo } from "./scene.ts";

const { serve } = driveProgram(join(import.meta.dirname, "..", "src", "cli.ts"), (directory) => ({ ...QUICK, ...PATIENT, DB_PATH: join(directory, "scores.db") }));
const MODULES = [join(import.meta.dirname, "programs", "misbehaves.ts"), join(import.meta.dirname, "..", "jobs", "discover.ts")];

describe("pollers that misbehave", () => {
  it("are begun anew for what they did, or paused; the others go on", async (test) => {
    const scene = await startScene(test, {
      site: { matches: 1 },
      jobs: MODULES,
      // Time enough for five pollers that begin at once.
      environment: { ABNORMAL_ENDS_MAX: "2", ERROR_THRESHOLD_MAX: "1", HEARTBEAT_TIMEOUT_SECONDS: "15", PID_RESTART_THRESHOLD: "40", MEMORY_SOFT_LIMIT_MB: "240" },
    });
    scene.site.order({ path: "/v10/", match: "FAIL", fault: "malformed" });
    for (const match of ["LEAK", "GROW", "BLOCK", "FAIL"]) scene.site.order({ fault: "add-match", match });
    const reasonOf = (key: string): string | undefined =>
      scene.logged.find(({ message, details }) => message === "a poller is begun anew" && details["match_id"] === key)?.details["reason"] as string | undefined;
    const isPaused = (key: string): boolean => scene.logged.some(({ message, details }) => message === "a match is paused" && details["match_id"] === key);
    await scene.until("all four are paused", () => ["LEAK", "GROW", "BLOCK", "FAIL"].every(isPaused));
    assert.deepEqual(["LEAK", "GROW", "BLOCK", "FAIL"].map(reasonOf), ["pid_limit", "memory_soft_limit", "heartbeat", "errors"]);
    const leaked = readFileSync(join(scene.directory, "scores.db.leaked"), "utf8").trim().split("\n");
    assert.ok(leaked.length >= 40);
    assert.deepEqual(
      leaked.filter((pid) => isAlive(Number(pid), "sleep")),
      [],
    );
    const views = scene.service.pollers.views();
    assert.deepEqual(views.map(({ match_id, status, restarts }) => `${match_id} ${status} ${restarts}`).toSorted(), [
      "BLOCK paused 2",
      "FAIL paused 2",
      "GROW paused 2",
      "LEAK paused 2",
      "M01 healthy 0",
    ]);
    assert.deepEqual(seqs(scene, "M01"), upTo(seqs(scene, "M01").length));
  });

  it("and are killed by somebody are begun anew; the others are not", async (test) => {
    const scene = await startScene(test);
    await scene.until("both are polled", () => ["M01", "M02"].every((key) => (scene.view(key)?.total_updates ?? 0) > 3));
    const job = scene.service.pollers.jobs().find(({ matchKey }) => matchKey === "M02");
    const victim = scene.service.runtime.control.workers().find(({ attempt }) => attempt?.jobId === job?.jobId);
    assert.ok(victim !== undefined);
    process.kill(victim.pid, "SIGKILL");
    await scene.until(
      "the killed one answers again",
      () => scene.view("M02")?.restarts === 1 && scene.view("M02")?.status === "healthy" && (scene.view("M02")?.uptime_seconds ?? 0) > 0,
    );
    assert.deepEqual([scene.view("M02")?.restart_reason, scene.view("M01")?.restarts], ["died", 0]);
    for (const key of ["M01", "M02"]) assert.deepEqual(seqs(scene, key), upTo(seqs(scene, key).length));
  });

  it("and never get an answer are begun anew as stale, and miss and repeat nothing", async (test) => {
    const scene = await startScene(test, { site: { matches: 1 }, environment: { STALENESS_THRESHOLD_SECONDS: "6", REQUEST_TIMEOUT_SECONDS: "1", ABNORMAL_ENDS_MAX: "1000" } });
    await scene.until("it is polled", () => (scene.view("M01")?.total_updates ?? 0) > 3);
    scene.site.order({ path: "/v10/", match: "M01", fault: "hang" });
    await scene.site.untilVisit(({ fault }) => fault === "hang");
    const restarts = scene.view("M01")?.restarts ?? 0;
    await scene.until("the silent one is begun anew", () => (scene.view("M01")?.restarts ?? 0) > restarts);
    assert.equal(scene.view("M01")?.restart_reason, "stale");
    scene.site.order({ path: "/v10/", match: "M01", fault: "none" });
    const last = seqs(scene, "M01").length;
    await scene.until("it emits again", () => seqs(scene, "M01").length > last);
    assert.deepEqual(seqs(scene, "M01"), upTo(seqs(scene, "M01").length));
  });
});

describe("a sink that fails", () => {
  it("gets everything later, in order, in batches of 20", async (test) => {
    const batches: { readonly match_id: string; readonly seq: number }[][] = [];
    let isDown = true;
    const port = await serveOnLoopback(test, (request, response) => {
      void request.toArray().then((parts) => {
        if (!isDown) batches.push(JSON.parse(Buffer.concat(parts as Buffer[]).toString()));
        response.writeHead(isDown ? 503 : 200).end();
      });
    });
    const scene = await startScene(test, { environment: { SINK_URL: `http://127.0.0.1:${port}/emissions` } });
    await scene.until("much waits", () => scene.emitted.length >= 45);
    isDown = false;
    await scene.until("all that waited has gone", () => batches.flat().length >= 45);
    assert.ok(batches.every(({ length }) => length <= 20));
    for (const key of ["M01", "M02"]) {
      const got = batches
        .flat()
        .filter(({ match_id }) => match_id === key)
        .map(({ seq }) => seq);
      assert.deepEqual(got, upTo(got.length));
    }
  });
});

describe("a database that cannot be written", () => {
  it("costs what is said about a failed look and about an ended poller, nothing else", async (test) => {
    const scene = await startScene(test);
    await scene.until("both are polled", () => ["M01", "M02"].every((key) => (scene.view(key)?.total_updates ?? 0) > 3));
    const run = (statement: string) => scene.service.database.write((write) => sql.raw(statement).execute(write));
    await run("CREATE TRIGGER full BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END");
    const unsaid = (): number => scene.logged.filter(({ message }) => message.includes("disk is full")).length;

    scene.site.order({ fault: "no-cards", count: 2 });
    await scene.until("two failed looks could not be written down", () => unsaid() === 2);
    await scene.post("/recycle", { match_id: "M02" });
    await scene.until("nor the end of a poller", () => unsaid() === 3);
    await scene.until("its next one answers all the same", () => scene.view("M02")?.restarts === 1 && scene.view("M02")?.status === "healthy");

    await run("DROP TRIGGER full");
    scene.site.order({ fault: "add-match", match: "M03" });
    await scene.until("a match that is new is polled", () => (scene.view("M03")?.total_updates ?? 0) > 0);
  });
});

describe("a time of day that is set", () => {
  const HOUR_MS = 3_600_000;
  it("back or forward by an hour neither ends nor delays anything, and is written down", async (test) => {
    let setByMs = 0;
    const clock = createClock(() => Date.now() + setByMs);
    const scene = await startScene(test, { site: { matches: 1 }, clock });
    await scene.until("it is polled", () => (scene.view("M01")?.total_updates ?? 0) > 3);

    setByMs = -HOUR_MS;
    scene.site.order({ fault: "add-match", match: "M02" });
    await scene.until("a match that is new is polled", () => (scene.view("M02")?.total_updates ?? 0) > 3);

    setByMs = HOUR_MS;
    scene.service.pollers.look();
    assert.deepEqual(
      scene.service.pollers.views().map(({ match_id, status, restarts }) => `${match_id} ${status} ${restarts}`),
      ["M01 healthy 0", "M02 healthy 0"],
    );
    const setAtMs = clock.timeOfDayOf(clock.nowMs());
    await scene.until("what is emitted has the new time", () => Date.parse(scene.emitted.at(-1)?.at ?? "") >= setAtMs);
    const listAt = (): number => Date.parse(scene.service.discovery.state().last_list_at ?? "");
    await scene.until("the list is read on", () => listAt() >= setAtMs);
  });

  it("back, between two services, pauses nothing for longer than a pause", async (test) => {
    const environment = { ABNORMAL_ENDS_MAX: "1", ERROR_THRESHOLD_MAX: "1" };
    const first = await startScene(test, { site: { matches: 1 }, environment, clock: createClock(() => Date.now() + HOUR_MS) });
    first.site.order({ path: "/v10/", match: "M01", fault: "malformed" });
    await first.until("it is paused", () => first.view("M01")?.status === "paused");
    await first.service.stop();
    const second = await startScene(test, { site: { matches: 1 }, environment, directory: first.directory });
    const until = Date.parse(second.view("M01")?.paused_until ?? "");
    assert.ok(until > Date.now() && until <= Date.now() + 300_000);
  });
});

describe("the service's own end", () => {
  it("kill -9: the next one removes what is left and goes on; SIGTERM leaves nothing", async (test) => {
    const directory = await makeDirectory(test);
    const file = join(directory, "scores.db");
    const site = await startStandIn({ port: 0, matches: 2 });
    cleanUp(test, () => site.close());

    const first = await serve(test, directory, undefined, site.environment);
    await Promise.all(["M01", "M02"].map((key) => untilTold(site, key, 6)));
    const family = descendants(first.child.pid ?? 0);
    assert.ok(family.length >= 4);
    await first.end("SIGKILL");
    breakSnapshot(file, "M02");

    const second = await serve(test, directory, undefined, site.environment);
    await Promise.all(["M01", "M02"].map((key) => untilTold(site, key, site.told(key).length + 6)));
    assert.deepEqual(
      family.filter(({ pid, start }) => startOf(pid) === start),
      [],
    );
    const secondFamily = descendants(second.child.pid ?? 0);
    assert.equal(await second.end("SIGTERM"), 0);
    assert.deepEqual(
      secondFamily.filter(({ pid, start }) => startOf(pid) === start),
      [],
    );

    const database = new DatabaseSync(file, { readOnly: true });
    cleanUp(test, () => database.close());
    for (const key of ["M01", "M02"]) {
      const rows = database.prepare("SELECT seq, group_name, payload FROM emissions WHERE match_key = ? ORDER BY seq").all(key);
      assert.deepEqual(
        rows.map(({ seq }) => seq),
        upTo(rows.length),
      );
      const scores = rows.filter(({ group_name }) => group_name === "score").map(({ payload }) => String(payload));
      // Nothing is said twice; only what followed a broken snapshot could not know what had been said.
      const repeated = scores.filter((payload, index) => payload === scores[index - 1]).length;
      assert.ok(repeated <= (key === "M02" ? 1 : 0), `${key}: ${repeated} repeated`);
      const snapshot = database.prepare("SELECT seq, state FROM state_snapshots WHERE match_key = ?").get(key);
      assert.equal(snapshot?.["seq"], rows.length);
      assert.equal(JSON.parse(String(snapshot?.["state"])).seq, rows.length);
    }
    assert.equal(database.prepare("SELECT count(*) AS n FROM audit WHERE action = 'snapshot_corrupt' AND match_key = 'M02'").get()?.["n"], 1);
  });
});

/** Asks the site for its visits until it has told so many balls. */
async function untilTold(site: Awaited<ReturnType<typeof startStandIn>>, key: string, balls: number): Promise<void> {
  let seen = site.log().length;
  while (site.told(key).length < balls) {
    const from = seen;
    const known = new Set(site.log().slice(0, from));
    await site.untilVisit((line) => !known.has(line) && line.path === "/v10/sV3.php");
    seen = site.log().length;
  }
}

function breakSnapshot(file: string, key: string): void {
  // What is left of the killed service may still be writing.
  const database = new DatabaseSync(file, { timeout: 60_000 });
  database.prepare("UPDATE state_snapshots SET state = '{\"seq\": 1, broken' WHERE match_key = ?").run(key);
  database.close();
}

interface Alive {
  readonly pid: number;
  readonly start: string;
}

function descendants(root: number): Alive[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync("/proc")) if (/^\d+$/.test(name)) parents.set(Number(name), Number(statOf(Number(name))?.[1] ?? 0));
  const isBelow = (pid: number): boolean => {
    for (let at = parents.get(pid); at !== undefined && at > 1; at = parents.get(at)) if (at === root) return true;
    return false;
  };
  return [...parents.keys()].filter(isBelow).map((pid) => ({ pid, start: startOf(pid) ?? "" }));
}

/** Fields behind the name: state, parent, … */
function statOf(pid: number): string[] | null {
  try {
    return readFileSync(`/proc/${pid}/stat`, "utf8")
      .replace(/^.*\) /s, "")
      .split(" ");
  } catch {
    return null;
  }
}

/** When it was started; null for one that is gone or only waits to be reaped. */
function startOf(pid: number): string | null {
  const fields = statOf(pid);
  return fields === null || fields[0] === "Z" ? null : (fields[19] ?? null);
}

function isAlive(pid: number, name: string): boolean {
  return existsSync(`/proc/${pid}/comm`) && startOf(pid) !== null && readFileSync(`/proc/${pid}/comm`, "utf8").trim() === name;
}
