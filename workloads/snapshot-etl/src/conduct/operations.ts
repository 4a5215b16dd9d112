// What operators can do, for HTTP and the command line alike. Every change is audited in its own transaction.
import { randomUUID } from "node:crypto";
import type { Runtime } from "cofferdam";
import type { BackfillDriver } from "../backfill/driver.ts";
import { createBackfill, findBackfill, measureRange, type BackfillRequest, type BackfillRow } from "../backfill/rows.ts";
import { toTime, type Clock } from "../clock.ts";
import type { Database, Write } from "../database/open.ts";
import { Refusal } from "../errors.ts";
import { INGEST_PAUSED } from "../ingest/ingest.ts";
import { isProcessType, LANES, PRIORITIES, TYPES, type LaneName, type ProcessType, type TypeName } from "../work-types.ts";
import type { Conductor } from "./conductor.ts";
import { audit, setFlag } from "./flags.ts";
import { isQuarantined, priorityOf, putWork, typeFor } from "./work.ts";

export interface OperationPorts {
  readonly database: Database;
  readonly control: Runtime["control"];
  readonly conductor: Conductor;
  readonly backfills: BackfillDriver;
  readonly clock: Clock;
  readonly node: string;
  /** The breaker of a type forgets what it has seen. */
  readonly onTypeResumed: (type: TypeName) => void;
}

export interface Operations {
  reprocess(snapshotId: number, lane: "normal" | "highmem", actor: string): Promise<{ readonly jobId: string | null }>;
  release(snapshotId: number, lane: "normal" | "highmem", actor: string): Promise<{ readonly jobId: string | null }>;
  /** The oldest ones; answers which. */
  replayDeadLetters(limit: number, actor: string): Promise<readonly number[]>;
  /** Asks the upstream for a profile; answers the job that does. */
  fetch(namecode: string): Promise<{ readonly jobId: string }>;
  pauseIngest(reason: string, actor: string): Promise<void>;
  resumeIngest(actor: string): Promise<void>;
  pauseType(type: TypeName, reason: string, actor: string): Promise<void>;
  resumeType(type: TypeName, actor: string): Promise<void>;
  startBackfill(request: BackfillRequest, actor: string): Promise<BackfillRow>;
  measureBackfill(request: BackfillRequest): ReturnType<typeof measureRange>;
  pauseBackfill(jobId: string, actor: string): Promise<BackfillRow>;
  resumeBackfill(jobId: string, actor: string): Promise<BackfillRow>;
}

const LANE_TYPES = { normal: TYPES.process, highmem: TYPES.highmem } as const satisfies Record<string, ProcessType>;

export function createOperations(ports: OperationPorts): Operations {
  const { database, control, conductor, clock } = ports;
  const now = (): string => toTime(clock.nowMs());

  /** Puts the snapshot on the list anew and gives it to the runtime. */
  async function startOver(snapshotId: number, wish: ProcessType, actor: string, action: string, before: (transaction: Write) => Promise<void>): Promise<{ jobId: string | null }> {
    await database.write(async (transaction) => {
      const snapshot = await transaction.selectFrom("hero_snapshots").select("processing").where("id", "=", snapshotId).executeTakeFirst();
      if (snapshot === undefined) throw new Refusal("NOT_FOUND", `there is no snapshot ${snapshotId}`);
      if (snapshot.processing === 1) throw new Refusal("ALREADY_PROCESSING", `snapshot ${snapshotId} is being processed`);
      await before(transaction);
      const type = typeFor(await isQuarantined(transaction, snapshotId), wish);
      await putWork(transaction, { snapshotId, type, priority: priorityOf(type, "interactive"), now: now() });
      await transaction.deleteFrom("dead_letters").where("snapshot_id", "=", snapshotId).execute();
      await audit(transaction, { actor, action, target: `snapshot ${snapshotId}`, details: { type }, now: now() });
    });
    await conductor.take(snapshotId);
    const work = await database.read.selectFrom("work").select("job_id").where("snapshot_id", "=", snapshotId).executeTakeFirst();
    return { jobId: work?.job_id ?? null };
  }

  async function changeBackfill(jobId: string, from: readonly string[], to: "running" | "paused", actor: string): Promise<BackfillRow> {
    await database.write(async (transaction) => {
      const changed = await transaction
        .updateTable("backfill_jobs")
        .set(({ ref }) =>
          to === "paused" ? { status: to, pause_reason: `paused by ${actor}` } : { status: to, pause_reason: null, node: ports.node, judged_from: ref("processed_count") },
        )
        .where("job_id", "=", jobId)
        .where("status", "in", from)
        .executeTakeFirst();
      if (changed.numUpdatedRows > 0n) await audit(transaction, { actor, action: `backfill-${to === "paused" ? "pause" : "resume"}`, target: jobId, details: {}, now: now() });
    });
    return await backfillOrRefuse(jobId);
  }

  async function backfillOrRefuse(jobId: string): Promise<BackfillRow> {
    const row = await findBackfill(database.read, jobId);
    if (row === null) throw new Refusal("NOT_FOUND", `there is no backfill ${jobId}`);
    return row;
  }

  async function changeLane(lane: LaneName, type: TypeName, reason: string | null, actor: string): Promise<void> {
    if (reason === null) await control.resumeLane(lane, "dispatch");
    else await control.pauseLane(lane, "dispatch", { reason, untilMs: null });
    await database.write(async (transaction) => {
      await setFlag(transaction, `type_paused:${type}`, reason, now());
      await audit(transaction, { actor, action: reason === null ? "type-resume" : "type-pause", target: type, details: reason === null ? {} : { reason }, now: now() });
    });
  }

  async function changeIngest(reason: string | null, actor: string): Promise<void> {
    await database.write(async (transaction) => {
      await setFlag(transaction, INGEST_PAUSED, reason, now());
      await audit(transaction, { actor, action: reason === null ? "ingest-resume" : "ingest-pause", target: "ingest", details: reason === null ? {} : { reason }, now: now() });
    });
  }

  return {
    reprocess: (snapshotId, lane, actor) => startOver(snapshotId, LANE_TYPES[lane], actor, "reprocess", async () => undefined),
    release: (snapshotId, lane, actor) =>
      startOver(snapshotId, LANE_TYPES[lane], actor, "quarantine-release", async (transaction) => {
        const released = await transaction
          .updateTable("snapshot_quarantine")
          .set({ released_at: now() })
          .where("snapshot_id", "=", snapshotId)
          .where("released_at", "is", null)
          .executeTakeFirst();
        if (released.numUpdatedRows === 0n) throw new Refusal("NOT_QUARANTINED", `snapshot ${snapshotId} is not in quarantine`);
      }),
    async replayDeadLetters(limit, actor) {
      const letters = await database.read.selectFrom("dead_letters").select(["snapshot_id", "type"]).orderBy("id").limit(limit).execute();
      const replayed: number[] = [];
      for (const { snapshot_id, type } of letters) {
        const wish = isProcessType(type) ? type : TYPES.process;
        await startOver(snapshot_id, wish, actor, "dead-letter-replay", async (transaction) => {
          await transaction.updateTable("hero_snapshots").set({ result: null }).where("id", "=", snapshot_id).execute();
        });
        replayed.push(snapshot_id);
      }
      return replayed;
    },
    async fetch(namecode) {
      const { id } = await control.enqueue({ type: TYPES.fetch, input: JSON.stringify({ namecode }), uniqueKey: namecode.slice(0, 150), priority: PRIORITIES.interactive });
      return { jobId: id };
    },
    pauseIngest: (reason, actor) => changeIngest(reason, actor),
    resumeIngest: (actor) => changeIngest(null, actor),
    pauseType: (type, reason, actor) => changeLane(LANES[type], type, reason, actor),
    async resumeType(type, actor) {
      ports.onTypeResumed(type);
      await changeLane(LANES[type], type, null, actor);
    },
    async startBackfill(request, actor) {
      const jobId = randomUUID();
      await database.write(async (transaction) => {
        await createBackfill(transaction, jobId, request, ports.node, now());
        await audit(transaction, { actor, action: "backfill-start", target: jobId, details: { ...request }, now: now() });
      });
      void ports.backfills.drive(jobId);
      return await backfillOrRefuse(jobId);
    },
    measureBackfill: ({ from, to }) => measureRange(database.read, from, to),
    async pauseBackfill(jobId, actor) {
      const row = await changeBackfill(jobId, ["pending", "running"], "paused", actor);
      ports.backfills.wake();
      return row;
    },
    async resumeBackfill(jobId, actor) {
      const row = await changeBackfill(jobId, ["paused"], "running", actor);
      if (row.status === "running") void ports.backfills.drive(jobId);
      return row;
    },
  };
}
