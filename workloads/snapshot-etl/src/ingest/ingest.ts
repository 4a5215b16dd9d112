import { randomUUID } from "node:crypto";
import { classifyDatabaseError } from "workload-database";
import { toTime, type Clock } from "../clock.ts";
import { readFlag } from "../conduct/flags.ts";
import type { Database } from "../database/open.ts";
import { Refusal } from "../errors.ts";
import type { Settings } from "../settings.ts";
import type { PriorityName } from "../work-types.ts";
import { readAnswer, storeAnswer, type Answer } from "./idempotency.ts";
import { receive, type Received } from "./receive.ts";
import { sniffName } from "./sniff-name.ts";
import { createPieceStore, dropUpload, storeSnapshot, type Stored } from "./store-snapshot.ts";

export interface IngestRequest {
  /** The payload's bytes, as they come. */
  readonly body: AsyncIterable<Uint8Array>;
  /** Asked when the body has ended: what stood beside or around it. @throws Refusal */
  readonly about: () => IngestAbout;
  readonly idempotencyKey: string | null;
  readonly correlationId: string | null;
}

export interface IngestAbout {
  readonly source: string;
  readonly namecode: string | null;
  readonly priority: PriorityName;
}

export interface IngestPorts {
  readonly database: Database;
  readonly settings: Pick<Settings, "bytesMax" | "dedupeMs" | "sizeGuardBytes" | "queueDepthMax">;
  readonly clock: Clock;
  readonly node: string;
  /** Snapshots that wait, and how many are done in a second at present. */
  queue(): Promise<{ readonly depth: number; readonly perSecond: number }>;
  /** A snapshot is on the list: the queue may take it up. Must not throw. */
  stored(snapshotId: number, about: IngestAbout & { readonly quarantined: boolean; readonly sizeBytes: number }): Promise<void>;
}

export interface Ingest {
  /** @throws Refusal */
  accept(request: IngestRequest): Promise<Answer>;
}

export const INGEST_PAUSED = "ingest_paused";

/** Takes payloads in: refuse early, receive in pieces, store in one transaction, answer. */
export function createIngest(ports: IngestPorts): Ingest {
  /** Requests with the same key that are under way here. */
  const underWay = new Map<string, Promise<Answer>>();

  async function accept(request: IngestRequest): Promise<Answer> {
    if ((await readFlag(ports.database.read, INGEST_PAUSED)) !== null) throw new Refusal("INGEST_PAUSED", "ingestion is paused by an operator", { retryAfterSeconds: 60 });
    const uploadId = randomUUID();
    try {
      const store = createPieceStore(ports.database, uploadId, ports.node, () => toTime(ports.clock.nowMs()));
      const received = await receive(request.body, store, ports.settings.bytesMax);
      return await finish(uploadId, request, received);
    } catch (error) {
      await ports.database.write((transaction) => dropUpload(transaction, uploadId)).catch(() => undefined);
      throw error;
    }
  }

  async function finish(uploadId: string, request: IngestRequest, received: Received): Promise<Answer> {
    const about = request.about();
    const namecode = about.namecode ?? sniffName(received.head, received.last);
    const queue = await ports.queue();
    const snapshot = { uploadId, source: about.source, namecode, priority: about.priority, correlationId: request.correlationId, received };
    const { stored, answer } = await ports.database.write(async (transaction) => {
      const stored = await storeSnapshot(transaction, snapshot, ports.settings, ports.clock.nowMs());
      const answer = answerOf(stored, queue, ports.settings.queueDepthMax);
      if (request.idempotencyKey !== null) await storeAnswer(transaction, request.idempotencyKey, answer, toTime(ports.clock.nowMs()));
      return { stored, answer };
    });
    if (stored.kind === "stored") await ports.stored(stored.snapshotId, { ...about, namecode, quarantined: stored.quarantined, sizeBytes: received.sizeBytes });
    return answer;
  }

  return {
    async accept(request) {
      const key = request.idempotencyKey;
      if (key === null) return await accept(request);
      const first = underWay.get(key);
      if (first !== undefined) return { ...(await first), replayed: true };
      const running = acceptOnce(key, request);
      underWay.set(key, running);
      try {
        return await running;
      } finally {
        underWay.delete(key);
      }
    },
  };

  /** The answer that was given before, also by another node while this one was at it. */
  async function acceptOnce(key: string, request: IngestRequest): Promise<Answer> {
    const known = await readAnswer(ports.database.read, key);
    if (known !== null) return known;
    try {
      return await accept(request);
    } catch (error) {
      if (classifyDatabaseError(error) !== "constraint") throw error;
      const other = await readAnswer(ports.database.read, key);
      if (other === null) throw error;
      return other;
    }
  }
}

/** What the caller is told. @param queue as it was before this snapshot */
export function answerOf(stored: Stored, queue: { readonly depth: number; readonly perSecond: number }, depthMax: number): Answer {
  if (stored.kind === "duplicate")
    return { status: 409, body: { snapshot_id: stored.snapshotId, status: "duplicate", message: "the same payload was received a moment ago" }, replayed: false };
  const body = { snapshot_id: stored.snapshotId, status: "queued", created_at: stored.createdAt, lane: stored.quarantined ? "highmem" : "normal" };
  if (queue.depth < depthMax) return { status: 201, body, replayed: false };
  const seconds = Math.ceil(queue.depth / Math.max(queue.perSecond, 0.1));
  return { status: 202, body: { ...body, estimated_processing_seconds: seconds }, replayed: false };
}
