import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, it } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { findChromium, openBrowser, sweepBrowsers, type BrowserEventKind } from "../src/index.ts";
import { beginAttempt, openSite, program } from "./harness.ts";

const WALLS = ["auto", "none"] as const;

describe("a browser that misbehaves", () => {
  for (const wall of WALLS) {
    it(`does not answer at its start: it is ended, with what it started (wall ${wall})`, async () => {
      using attempt = beginAttempt();
      await assert.rejects(openBrowser(attempt, { wall, executablePath: program("never-answers.sh"), answerTimeoutMs: 150, onEvent: () => attempt.look() }), {
        code: "launch_failed",
        message: /did not answer within 150 ms/,
      });
      attempt.assertNothingLeft(wall === "none" ? { zombies: "are PID 1's" } : {});
    });

    it(`is frozen: an abort frees the caller at once, and nothing is left (wall ${wall})`, async () => {
      using attempt = beginAttempt();
      const job = new AbortController();
      await using session = await openBrowser({ scratch: attempt.scratch, signal: job.signal }, { wall });
      const used = session.withPage(async (page) => {
        for (const pid of attempt.look()) process.kill(pid, "SIGSTOP");
        setImmediate(() => job.abort(new Error("cancelled")));
        return page.title();
      });
      await assert.rejects(used, /^Error: cancelled$/);
      const { leaks } = await session.close();
      assert.deepEqual(leaks, [], "what was cut did not leak");
      const counts = session.counts();
      assert.deepEqual([counts["browser-killed"], counts["context-killed"], counts["page-killed"]], [1, 1, 1]);
      attempt.assertNothingLeft(wall === "none" ? { zombies: "are PID 1's" } : {});
    });
  }

  it("ends at its start: the error has its last words", async () => {
    using attempt = beginAttempt();
    await assert.rejects(openBrowser(attempt, { executablePath: program("ends-at-once.sh") }), { code: "launch_failed", message: /ended with code 127[\s\S]*libnss3\.so/ });
    attempt.assertNothingLeft();
  });

  it("does not answer later: it is killed, and the next page gets a fresh one", async ({ mock }) => {
    using attempt = beginAttempt();
    await using session = await openBrowser(attempt, { answerTimeoutMs: 60_000 });
    for (const pid of attempt.look()) process.kill(pid, "SIGSTOP");
    // Only this answer is out of time; the fresh browser has all that a busy machine needs.
    mock.timers.enable({ apis: ["setTimeout"] });
    const refused = assert.rejects(session.newPage(), { code: "browser_died", message: /did not open a context within 60000 ms/ });
    await nextTurn();
    mock.timers.tick(60_000);
    mock.timers.reset();
    await refused;
    assert.equal(await session.withPage((page) => page.title()), "");
    await session.close();
    attempt.assertNothingLeft();
  });

  it("is killed from outside: the work that waits rejects with how it ended, and the session goes on", async () => {
    using attempt = beginAttempt();
    await using session = await openBrowser(attempt, { wall: "none" });
    const used = session.withPage(async () => {
      for (const pid of attempt.look()) process.kill(pid, "SIGKILL");
      return new Promise<never>(() => undefined);
    });
    await assert.rejects(used, { code: "browser_died", message: /ended by SIGKILL/ });
    assert.equal(await session.withPage((page) => page.title()), "");
    await session.close();
    assert.equal(session.counts()["browser-died"], 1);
    attempt.assertNothingLeft({ zombies: "are PID 1's" });
  });

  it("has a page that crashes: only that page is lost", async () => {
    using attempt = beginAttempt();
    await using session = await openBrowser(attempt);
    const steady = await session.newPage();
    await session.withPage(async (page) => {
      const crashed = page.waitForEvent("crash");
      page.goto("chrome://crash").catch(() => undefined);
      await crashed;
    });
    attempt.look();
    assert.equal(session.counts()["page-crashed"], 1);
    assert.equal(await steady.evaluate("6 * 7"), 42);
    await steady.close();
    await session.close();
    attempt.assertNothingLeft();
  });

  it("has a page that never closes: the close is bounded, and the browser goes with it", async () => {
    using attempt = beginAttempt();
    await using site = await openSite({ "/": "<title>stuck</title>" });
    await using session = await openBrowser(attempt, { closeTimeoutMs: 200 });
    await session.withPage(async (page) => {
      await page.goto(`${site.url}/`);
      for (const pid of attempt.look()) process.kill(pid, "SIGSTOP");
    });
    const counts = session.counts();
    assert.deepEqual([counts["context-killed"], counts["page-killed"], counts["browser-retired"]], [1, 1, 1]);
    await session.close();
    attempt.assertNothingLeft();
  });
});

const MOMENTS: readonly { readonly at: BrowserEventKind; readonly ticks: number }[] = [
  { at: "browser-planned", ticks: 0 },
  { at: "browser-created", ticks: 0 },
  { at: "browser-created", ticks: 1 },
  { at: "browser-created", ticks: 3 },
  { at: "browser-created", ticks: 20 },
  { at: "browser-ready", ticks: 0 },
  { at: "browser-ready", ticks: 1 },
  { at: "context-created", ticks: 0 },
  { at: "page-created", ticks: 0 },
  { at: "page-closed", ticks: 0 },
];

describe("an abort", () => {
  for (const { at, ticks } of MOMENTS) {
    it(`${ticks} turns of the loop after ${at} leaves nothing`, async () => {
      using attempt = beginAttempt();
      const job = new AbortController();
      const work = async (): Promise<void> => {
        await using session = await openBrowser(
          { scratch: attempt.scratch, signal: job.signal },
          {
            onEvent: ({ kind }) => {
              attempt.look();
              if (kind === at) abortAfter(ticks, job);
            },
          },
        );
        await session.withPage((page) => page.goto("about:blank"));
        job.signal.throwIfAborted();
        await session.withPage(() => new Promise<never>(() => undefined));
      };
      await assert.rejects(work(), /^Error: cancelled$/);
      attempt.assertNothingLeft();
    });
  }

  it("before the start starts nothing", async () => {
    using attempt = beginAttempt();
    await assert.rejects(openBrowser({ scratch: attempt.scratch, signal: AbortSignal.abort(new Error("cancelled")) }), /^Error: cancelled$/);
    attempt.assertNothingLeft();
  });
});

function abortAfter(ticks: number, job: AbortController): void {
  if (ticks === 0) job.abort(new Error("cancelled"));
  else setImmediate(() => abortAfter(ticks - 1, job));
}

describe("the owner of a browser", () => {
  it("exits without closing it: the browser and its directory go with it", async () => {
    using attempt = beginAttempt();
    const owner = spawn(process.execPath, [program("owns-a-browser.ts"), attempt.scratch, "auto", "exit"], { stdio: ["ignore", "inherit", "inherit"] });
    const [code] = await once(owner, "exit");
    assert.equal(code, 3);
    attempt.assertNothingLeft();
  });

  it("is killed while its browser is frozen: the next start ends and removes it", async () => {
    using attempt = beginAttempt();
    const owner = spawn(process.execPath, [program("owns-a-browser.ts"), attempt.scratch, "none", "wait"], { stdio: ["ignore", "pipe", "inherit"] });
    await once(owner.stdout, "data");
    const frozen = attempt.look().filter((pid) => pid !== owner.pid);
    assert.deepEqual(await sweepBrowsers(attempt.scratch), { browsers: 0, processes: 0, unknown: 0 }, "its owner lives");
    for (const pid of frozen) process.kill(pid, "SIGSTOP");
    const gone = once(owner, "exit");
    owner.kill("SIGKILL");
    await gone;
    const report = await sweepBrowsers(attempt.scratch);
    assert.equal(report.browsers, 1);
    assert.ok(report.processes >= 3);
    attempt.assertNothingLeft({ zombies: "are PID 1's" });
  });
});

describe("finding Chromium", () => {
  it("says what to do when the one that was named is not there", async () => {
    await assert.rejects(findChromium({ executablePath: "/nowhere/chromium" }), { code: "chromium_not_found", message: /executablePath names \/nowhere\/chromium/ });
    await assert.rejects(openBrowser({}, { executablePath: "/nowhere/chromium" }), { code: "chromium_not_found" });
  });

  it("refuses switches that would take the browser out of our hands", async () => {
    for (const argument of ["--user-data-dir=/tmp/x", "--remote-debugging-port=9222", "--single-process", "about:blank"]) {
      await assert.rejects(openBrowser({}, { args: [argument] }), { code: "invalid_option" });
    }
    await assert.rejects(openBrowser({}, { closeTimeoutMs: 5000 }), { code: "invalid_option", message: /closeTimeoutMs: 5000 is not a number from 1 to 1000/ });
  });
});
