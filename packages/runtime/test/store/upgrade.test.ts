import { test } from "node:test";
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { JOB_STATES } from "../../src/model/index.ts";
import { STATE_CODES } from "../../src/store/codec.ts";
import { databaseFile } from "../../src/store/directory.ts";
import { APPLICATION_ID, MIGRATIONS, SCHEMA_VERSION } from "../../src/store/schema.ts";
import { makeJob } from "../conformance/make.ts";
import { makeDirectory, openAt } from "./open-store.ts";

/** The first version with all tables that jobs live in. */
const OLDEST = 1;

test("a file of every earlier version opens, with every job in its state and every unique key held as before", async (context) => {
  for (let version = OLDEST; version < SCHEMA_VERSION; version += 1) {
    const dataDir = await makeDirectory(context);
    makeOld(databaseFile(dataDir), version);
    const store = await openAt(dataDir);
    for (const state of JOB_STATES) {
      const found = await store.jobs({ states: [state] }, { limit: 10, cursor: null });
      assert.deepEqual(
        found.items.map(({ id }) => id),
        [idOf(state)],
        `version ${version}: ${state}`,
      );
    }
    const holders = new Set<string>(["scheduled", "ready", "running", "retrying", "quarantined"]);
    for (const state of JOB_STATES) {
      const [answer] = await store.enqueue([makeJob({ id: `${idOf(state)}-again`, type: "t", uniqueKey: state })]);
      assert.equal(answer?.deduplicated, holders.has(state), `version ${version}: the key of a job that is ${state}`);
    }
    assert.equal(await store.nextDueMs(), 1000, `version ${version}`);
    const pruned = await store.prune({ succeededBeforeMs: 5000, failedBeforeMs: 5000, idempotencyBeforeMs: 0, logsInUse: [], limit: 100 });
    assert.equal(pruned.jobs, 3, `version ${version}: what succeeded, failed and was cancelled`);
    await store.close();
  }
});

function idOf(state: string): string {
  return `j_${state}`;
}

/** As an earlier version left it: one job in each state, each with a unique key. */
function makeOld(file: string, version: number): void {
  const database = new DatabaseSync(file);
  for (const step of MIGRATIONS.slice(0, version)) database.exec(step);
  database.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${version}`);
  database.exec(`INSERT INTO queues (id, lane, type, ${JOB_STATES.join(", ")}) VALUES (1, 'default', 't'${", 1".repeat(JOB_STATES.length)})`);
  const insert = database.prepare(
    `INSERT INTO jobs (id, queue, state, priority, run_at, created_at, input_bytes, input, ended_at, unique_scope)
     VALUES (?, 1, ?, 0, 1000, 1000, 4, 'null', ?, ?)`,
  );
  for (const state of JOB_STATES) {
    const isEnded = state === "succeeded" || state === "failed" || state === "cancelled";
    insert.run(idOf(state), STATE_CODES[state], isEnded ? 2000 : null, `t\n${state}`);
  }
  database.exec(`INSERT INTO leases (job_id, token, owner, leased_at) VALUES ('${idOf("running")}', 'l_1', 'earlier', 1000)`);
  database.close();
}
