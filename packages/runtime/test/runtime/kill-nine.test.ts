// kill -9 of the main process, again and again, at moments chosen by a seed: nothing accepted is lost,
// nothing runs twice at the same time, nothing is left behind after the next start.
import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { JOURNAL_JOBS, readJournal } from "./set-up.ts";

const ROUNDS = 8;
const JOBS_PER_ROUND = 120;

interface Host {
  readonly child: ChildProcess;
  readonly accepted: string[];
  readonly swept: number[];
  /** Resolves at the first message that fits. */
  said(fits: (message: Record<string, unknown>) => boolean): Promise<void>;
  readonly exited: Promise<unknown>;
}

function startHost(directory: string, file: string, count: number): Host {
  const child = spawn(process.execPath, [join(import.meta.dirname, "host.ts"), join(directory, "data"), JOURNAL_JOBS, file, String(count)], { stdio: ["pipe", "pipe", "inherit"] });
  const accepted: string[] = [];
  const swept: number[] = [];
  const messages: Record<string, unknown>[] = [];
  const waiting = new Set<{ fits(message: Record<string, unknown>): boolean; resolve(): void }>();
  assert.ok(child.stdout !== null);
  createInterface({ input: child.stdout }).on("line", (line) => {
    const message = JSON.parse(line) as Record<string, unknown>;
    messages.push(message);
    if (typeof message["accepted"] === "string") accepted.push(message["accepted"]);
    if (typeof message["swept"] === "number") swept.push(message["swept"]);
    for (const waiter of waiting) if (waiter.fits(message)) waiter.resolve();
  });
  const exited = once(child, "exit");
  return {
    child,
    accepted,
    swept,
    exited,
    said(fits) {
      if (messages.some(fits)) return Promise.resolve();
      return Promise.race([
        new Promise<void>((resolve) => {
          waiting.add({ fits, resolve });
        }),
        exited.then(() => undefined),
      ]);
    },
  };
}

/** Pids of all processes whose command line names this directory: our own scan, not the product's. */
async function processesOf(directory: string): Promise<string[]> {
  const found: string[] = [];
  for (const pid of await readdir("/proc")) {
    if (!/^\d+$/.test(pid) || Number(pid) === process.pid) continue;
    const command = await readFile(`/proc/${pid}/cmdline`, "latin1").catch(() => "");
    if (command.includes(directory)) found.push(`${pid} ${command.replaceAll("\0", " ")}`);
  }
  return found;
}

test("kill -9 of the main process at any moment loses nothing and doubles nothing", async () => {
  const directory = await mkdtemp(join(tmpdir(), "cofferdam-kill-nine-"));
  const file = join(directory, "journal.ndjson");
  const accepted = new Set<string>();
  let random = 20_261_122;
  const nextRandom = (): number => {
    random = (Math.imul(random, 1_103_515_245) + 12_345) >>> 0;
    return random / 2 ** 32;
  };
  try {
    for (let round = 0; round < ROUNDS; round += 1) {
      const host = startHost(directory, file, JOBS_PER_ROUND);
      // Some rounds die while starting or recovering, most in the middle of accepting and running.
      const killAfter = Math.floor(nextRandom() * JOBS_PER_ROUND);
      let seen = 0;
      await host.said((message) => {
        if ("accepted" in message) seen += 1;
        return round % 4 === 3 ? "ready" in message : seen > killAfter;
      });
      host.child.kill("SIGKILL");
      await host.exited;
      for (const id of host.accepted) accepted.add(id);
    }
    const last = startHost(directory, file, 0);
    await last.said((message) => "added" in message);
    last.child.stdin?.write("idle?\n");
    await last.said((message) => "idle" in message);
    last.child.stdin?.end();
    const [code] = (await last.exited) as [number | null];
    assert.equal(code, 0);

    const lines = await readJournal(file);
    const ended = new Set(lines.filter((line) => line.what === "end").map((line) => line.id));
    const lost = [...accepted].filter((id) => !ended.has(id));
    assert.deepEqual(lost, [], "every accepted job has run to its end");
    assertNeverTwiceAtOnce(lines);
    assert.deepEqual(await processesOf(directory), [], "no process is left");
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});

/** In the journal (one file, appended to in order): between the start of an attempt and its end no other attempt of the same job starts, unless its runtime was killed. */
function assertNeverTwiceAtOnce(lines: readonly { what: string; id: string; attempt: number; attemptId: string }[]): void {
  const starts = new Map<string, number>();
  const lastAttempt = new Map<string, number>();
  for (const line of lines) {
    if (line.what === "start") {
      starts.set(line.attemptId, (starts.get(line.attemptId) ?? 0) + 1);
      assert.equal(starts.get(line.attemptId), 1, `attempt ${line.attemptId} started once`);
      assert.ok(line.attempt > (lastAttempt.get(line.id) ?? 0) - 1, "attempts come in order");
      lastAttempt.set(line.id, line.attempt);
    } else {
      assert.equal(line.attempt, lastAttempt.get(line.id), "an older attempt never ends after a newer one has started");
    }
  }
}
