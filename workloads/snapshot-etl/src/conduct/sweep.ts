// What has to be looked for: claims whose worker is gone, work that nobody has, uploads that nobody finishes. Runs at the start and every SWEEP_SECONDS.
import type { Runtime } from "cofferdam";
import { toTime, type Clock } from "../clock.ts";
import type { Database } from "../database/open.ts";
import { dropUpload } from "../ingest/store-snapshot.ts";
import type { Settings } from "../settings.ts";
import type { Conductor } from "./conductor.ts";
import { beat, liveNodes } from "./nodes.ts";

export interface SweepPorts {
  readonly database: Database;
  readonly control: Runtime["control"];
  readonly conductor: Conductor;
  readonly settings: Pick<Settings, "sweepMs" | "claimTtlMs" | "dedupeMs">;
  readonly clock: Clock;
  readonly node: string;
  readonly startedAtMs: number;
  /** Whether work of nobody and of dead nodes is taken up: a server does, a single command does not. */
  readonly adopts: boolean;
}

const KEY_MS = 86_400_000;
/** No upload takes this long. Not the silence of its node: a command that stores a file never beats. */
const UPLOAD_MS = 3_600_000;
const JOB_ALIVE = new Set(["scheduled", "ready", "running", "retrying"]);

export async function sweep(ports: SweepPorts): Promise<void> {
  const nowMs = ports.clock.nowMs();
  await beat(ports.database, ports.node, nowMs);
  const live = await liveNodes(ports.database.read, nowMs, ports.settings.sweepMs);
  await releaseDeadClaims(ports, live, nowMs);
  if (ports.adopts) await adopt(ports, live);
  await followOwn(ports);
  await dropDead(ports, nowMs);
}

/** Too old, of a node that is gone, or of a job of ours that does not run. */
async function releaseDeadClaims({ database, control, conductor, settings, node, adopts }: SweepPorts, live: readonly string[], nowMs: number): Promise<void> {
  const claims = await database.read.selectFrom("hero_snapshots").select(["id", "claim_job", "claim_node", "processing_started_at"]).where("processing", "=", 1).execute();
  for (const claim of claims) {
    const expired = (claim.processing_started_at ?? "") < toTime(nowMs - settings.claimTtlMs);
    const orphaned = !live.includes(claim.claim_node ?? "");
    const dead = expired || orphaned || (claim.claim_node === node && !(await isRunning(control, claim.claim_job)));
    if (!dead || claim.claim_job === null) continue;
    const job = claim.claim_job;
    if (claim.claim_node === node && !expired) await conductor.jobEnded(job);
    if (claim.claim_node === node || adopts) await conductor.claimDied(claim.id, job);
    await releaseWithoutWork(database, claim.id, job);
  }
}

/** A claim that no work belongs to, for example of a command that was killed. */
async function releaseWithoutWork(database: Database, snapshotId: number, job: string): Promise<void> {
  await database.write((transaction) =>
    transaction
      .updateTable("hero_snapshots")
      .set(({ eb }) => ({ processing: 0, processing_started_at: null, claim_job: null, claim_token: null, claim_node: null, error_count: eb("error_count", "+", 1) }))
      .where("id", "=", snapshotId)
      .where("processing", "=", 1)
      .where("claim_job", "=", job)
      .execute(),
  );
}

async function isRunning(control: Runtime["control"], jobId: string | null): Promise<boolean> {
  if (jobId === null) return false;
  const job = await control.job(jobId).catch(() => null);
  return job !== null && job.state === "running";
}

async function adopt({ database, node }: SweepPorts, live: readonly string[]): Promise<void> {
  await database.write((transaction) =>
    transaction
      .updateTable("work")
      .set({ node, job_id: null })
      .where(({ eb, or, not, ref }) => or([eb("node", "is", null), not(database.dialect.isOneOf(ref("node"), live))]))
      .execute(),
  );
}

/** Work of ours: what has no job gets one, and the end of each job that was missed is made up for. */
async function followOwn({ database, control, conductor, node }: SweepPorts): Promise<void> {
  const rows = await database.read
    .selectFrom("work")
    .select(["snapshot_id", "job_id", "outcome"])
    .where("node", "=", node)
    .orderBy("priority", "desc")
    .orderBy("snapshot_id")
    .execute();
  for (const row of rows) {
    if (row.job_id === null && row.outcome === null) await conductor.take(row.snapshot_id);
    else if (row.job_id === null) await conductor.closeDone(row.snapshot_id);
    else if (!conductor.knows(row.job_id)) await follow(control, conductor, row.snapshot_id, row.job_id);
  }
}

async function follow(control: Runtime["control"], conductor: Conductor, snapshotId: number, jobId: string): Promise<void> {
  const job = await control.job(jobId).catch(() => null);
  if (job === null) await conductor.jobLost(snapshotId, jobId);
  else if (!JOB_ALIVE.has(job.state)) await conductor.jobEnded(jobId);
}

async function dropDead({ database, node, startedAtMs, settings, adopts }: SweepPorts, nowMs: number): Promise<void> {
  const abandoned = await database.read
    .selectFrom("uploads")
    .select("upload_id")
    .where(({ eb, or, and }) => or([eb("started_at", "<", toTime(nowMs - UPLOAD_MS)), and([eb("node", "=", node), eb("started_at", "<", toTime(startedAtMs))])]))
    .execute();
  for (const { upload_id } of abandoned) await database.write((transaction) => dropUpload(transaction, upload_id));
  if (!adopts) return;
  await database.write(async (transaction) => {
    await transaction
      .deleteFrom("idempotency_keys")
      .where("created_at", "<", toTime(nowMs - KEY_MS))
      .execute();
    await transaction
      .deleteFrom("recent_hashes")
      .where("received_at", "<", toTime(nowMs - settings.dedupeMs))
      .execute();
    await transaction
      .deleteFrom("nodes")
      .where("seen_at", "<", toTime(nowMs - KEY_MS))
      .execute();
  });
}
