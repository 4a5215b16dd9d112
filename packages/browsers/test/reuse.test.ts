// One worker, one attempt after the other: what is handed on, and what is a leak all the same.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { startRuntime } from "cofferdam";
import { program } from "./harness.ts";
import { processesBelow, isLiving, type Seen } from "./process-tree.ts";

interface Told {
  readonly kept: string | null;
  readonly cookies: number;
  readonly events: readonly string[];
  readonly worker: number;
}

async function openHarbour(tier: "auto" | "scan") {
  const directory = mkdtempSync(join(tmpdir(), "cofferdam-reuse-test-"));
  const runtime = await startRuntime({
    dataDir: directory,
    jobs: [program("reuses.ts")],
    http: { port: 0 },
    logLevel: "silent",
    tier,
    workerNice: 0,
    lanes: { default: { concurrency: 1 } },
  });
  const seen = new Map<string, Seen>();
  const look = (): void => {
    for (const one of processesBelow(process.pid)) seen.set(`${one.pid} ${one.start}`, one);
  };
  const stopWatching = runtime.onEvent(look);
  async function run(type: string, input: object) {
    const ended = Promise.withResolvers<void>();
    let id = "";
    const unsubscribe = runtime.onEvent((event) => event.kind === "job.settled" && event.jobId === id && ended.resolve());
    ({ id } = await runtime.control.enqueue({ type, input: JSON.stringify(input) }));
    if ((await runtime.control.job(id)).state !== "succeeded") await ended.promise;
    unsubscribe();
    look();
    const attempt = await runtime.control.attempt(id, 1);
    assert.equal(attempt.verdict.cause, "succeeded", attempt.verdict.summary);
    const text = await runtime.control.document(id, "result");
    return { attempt, told: JSON.parse(text ?? "{}") as Told };
  }
  return {
    runtime,
    run,
    first: (input: object = {}) => run("reuse.first", input),
    worker: () => runtime.control.workers().find(({ attemptsDone }) => attemptsDone > 0),
    look,
    living: () => [...seen.values()].filter(isLiving),
    async [Symbol.asyncDispose]() {
      stopWatching();
      await runtime.stop();
      const left = [...seen.values()].filter(isLiving);
      rmSync(directory, { recursive: true, force: true });
      assert.deepEqual(left, [], "every end of the worker leaves nothing");
    },
  };
}

for (const tier of ["auto", "scan"] as const)
  describe(`a browser that is handed on (tier ${tier})`, () => {
    it("serves attempt after attempt of its type with fresh contexts, is shown as kept, and is no leak", async () => {
      await using harbour = await openHarbour(tier);
      const one = await harbour.first();
      assert.deepEqual(one.attempt.leaks, []);
      assert.ok(one.told.kept !== null);
      const { kept = [] } = harbour.worker() ?? {};
      assert.deepEqual(
        kept.map(({ what }) => what),
        [`Chromium ${one.told.kept}`],
      );
      assert.ok((kept[0]?.processes ?? 0) >= 3 && (kept[0]?.memoryBytes ?? 0) > 10e6);
      const two = await harbour.first();
      assert.deepEqual(two.attempt.leaks, []);
      assert.equal(two.told.kept, one.told.kept, "the same browser");
      assert.equal(two.told.cookies, 0, "nothing of the first attempt's context");
      assert.ok(two.told.events.includes("browser-reused") && !two.told.events.includes("browser-created"));

      const other = await harbour.run("reuse.other", {});
      assert.deepEqual(other.attempt.leaks, []);
      assert.ok(other.told.kept !== null && other.told.kept !== one.told.kept, "another type has its own");
      assert.equal(other.told.worker, one.told.worker, "in the same worker");
      const switches = await harbour.run("reuse.other", { args: ["--lang=de"] });
      assert.ok(switches.told.kept !== null && switches.told.kept !== other.told.kept, "other switches: another browser");
      assert.equal(harbour.worker()?.kept.length, 1);
    });

    it("is not handed on when it is worn out, was left open or was cut, and nobody's leak when it died while it waited", async () => {
      await using harbour = await openHarbour(tier);
      for (const input of [{ pagesMax: 1 }, { way: "leaves a context open" }, { way: "is cut" }]) {
        const { told, attempt } = await harbour.first(input);
        assert.equal(told.kept, null, JSON.stringify(input));
        assert.deepEqual(attempt.leaks, []);
        assert.deepEqual(harbour.worker()?.kept, []);
      }
      const killed = await harbour.first();
      const [root] = harbour.worker()?.kept ?? [];
      assert.ok(root !== undefined);
      const browser = processesBelow(root.pid);
      process.kill(root.pid, "SIGKILL");
      // While the kernel is still ending it, it may answer: then it is handed on, and dies in the next attempt.
      while (browser.some(isLiving)) await nextTurn();
      const next = await harbour.first();
      assert.deepEqual(next.attempt.leaks, []);
      assert.ok(next.told.events.includes("browser-created"), next.told.events.join());
      assert.notEqual(next.told.kept, killed.told.kept);
      assert.equal(next.told.worker, killed.told.worker);
    });

    it("is a leak, and ended with its worker, when it was forgotten or is frozen", async () => {
      await using harbour = await openHarbour(tier);
      for (const way of ["forgets the session", "freezes it"] as const) {
        const one = await harbour.first({ way });
        assert.ok(one.attempt.leaks.length >= 3, JSON.stringify(one.attempt.leaks));
        assert.ok(one.attempt.leaks.every(({ state }) => state === "ended"));
        const two = await harbour.first({ reuse: false });
        assert.notEqual(two.attempt.pid, one.attempt.pid, "a fresh worker");
        assert.deepEqual(two.attempt.leaks, []);
      }
    });
  });

describe("what a session counts", () => {
  it("reaches the metrics of the runtime, the end of a kept browser included", async () => {
    await using harbour = await openHarbour("auto");
    await harbour.first();
    await harbour.first();
    await harbour.run("reuse.other", { reuse: false });
    const response = await fetch(`${harbour.runtime.url}/metrics`);
    const lines = (await response.text()).split("\n").filter((line) => line.startsWith("cofferdam_counted_total"));
    const value = (name: string): number =>
      Number(
        lines
          .find((line) => line.includes(`type="reuse.first",name="browser.${name}"`))
          ?.split(" ")
          .at(-1),
      );
    assert.deepEqual(["browser-created", "browser-reused", "browser-kept", "browser-closed", "context-created", "context-closed", "page-leaked"].map(value), [1, 1, 2, 1, 2, 2, 0]);
  });
});
