import { test } from "node:test";
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Store } from "../../src/store/index.ts";
import { makeSettlement } from "../conformance/make.ts";
import { makeDirectory, openAt } from "./open-store.ts";

const WORKER = join(import.meta.dirname, "programs", "works-and-tells.ts");
const ROUNDS = 8;

interface Told {
  readonly added: Set<string>;
  readonly settled: Set<string>;
}

test("SIGKILL at any moment: every acknowledged job is there, every acknowledged end holds, nothing runs twice", async (context) => {
  const dataDir = await makeDirectory(context);
  const told: Told = { added: new Set(), settled: new Set() };
  const nextNumber = createNumbers(77);
  for (let round = 0; round < ROUNDS; round += 1) {
    await workUntilKilled(dataDir, `r_${round}`, 1 + (nextNumber() % 400), told);
    const store = await openAt(dataDir);
    try {
      await checkTold(store, told);
      await settleLost(store, told);
    } finally {
      await store.close();
    }
  }
});

/** Kills the worker the moment it has told so many lines; what it had told up to then is what we hold it to. */
async function workUntilKilled(dataDir: string, owner: string, lines: number, told: Told): Promise<void> {
  const worker = spawn(process.execPath, [WORKER, dataDir, owner], { stdio: ["ignore", "pipe", "inherit"] });
  const exited = once(worker, "exit");
  let seen = 0;
  for await (const line of createInterface({ input: worker.stdout })) {
    note(line, told);
    seen += 1;
    if (seen === lines) worker.kill("SIGKILL");
  }
  const [, signal] = await exited;
  assert.equal(signal, "SIGKILL");
}

function note(line: string, told: Told): void {
  const [what, id = ""] = line.split(" ");
  if (what === "added") told.added.add(id);
  if (what === "leased") assert.ok(!told.settled.has(id), "a job that has ended is not leased again");
  if (what === "settled") told.settled.add(id);
  assert.notEqual(what, "stale", "nobody else held these leases");
}

async function checkTold(store: Store, told: Told): Promise<void> {
  for (const id of told.added) assert.notEqual(await store.job(id), null, `${id} was accepted`);
  for (const id of told.settled) {
    assert.equal((await store.job(id))?.state, "succeeded", `${id} was settled`);
    assert.equal((await store.attempts(id)).length, 1, "the attempt was written with it");
  }
  for (const count of await store.counts()) {
    assert.equal(await store.countJobs({ states: [count.state], text: "j_" }, 1_000_000), count.count, `the counter of the ${count.state} ones is exact`);
  }
}

/** What the sweep at the start does: the leases of the dead owner are found, and settled as lost. */
async function settleLost(store: Store, told: Told): Promise<void> {
  const unfinished = await store.unfinished("r_now");
  for (const { lease } of unfinished) assert.ok(!told.settled.has(lease.jobId));
  const outcomes = await store.settle(
    unfinished.map(({ lease }) => makeSettlement(lease, { kind: "give-up", counts: "death", reason: "lost" }, lease.leasedAtMs + 1, { cause: "lost" })),
  );
  assert.ok(outcomes.every((outcome) => outcome !== "stale"));
  assert.deepEqual(await store.unfinished("r_now"), []);
}

/** A small generator with a seed: the same points on every machine. */
function createNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return state >>> 8;
  };
}
