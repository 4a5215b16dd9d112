import type { EnqueueResult, Lease } from "../model/index.ts";
import type { Chance, Clock } from "../platform/index.ts";
import { backupDatabase } from "./backup.ts";
import type { LeaseKey } from "./operations.ts";
import type { Store, StoreHealth } from "./ports.ts";
import { createProgressNotes } from "./progress-notes.ts";
import type { ReaderClient } from "./reader-client.ts";
import { packSettlement } from "./settlement-row.ts";
import type { WriterClient } from "./writer-client.ts";

export interface EmbeddedParts {
  readonly dataDir: string;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly writer: WriterClient;
  readonly reader: ReaderClient;
  readonly schemaVersion: number;
  readonly journalMode: string;
}

/** The ports on the main thread: turns calls into operations for the writer and queries for the reader. Never touches the disk itself. */
export function createEmbeddedStore(parts: EmbeddedParts): Store {
  const { writer, reader } = parts;
  const progress = createProgressNotes(parts.clock, () => writeProgress());

  const writeProgress = (jobIds?: readonly string[]): void => {
    const entries = progress.take(jobIds);
    // Progress is a hint: when it cannot be written, what matters more reports the failure.
    if (entries.length > 0) writer.submit({ kind: "progress", entries }).catch(() => undefined);
  };

  return {
    async enqueue(items): Promise<readonly EnqueueResult[]> {
      return items.length === 0 ? [] : writer.submit({ kind: "enqueue", items });
    },
    async claim(request) {
      return request.limit <= 0 ? [] : writer.submit({ kind: "claim", request, seed: toHex(parts.chance.bytes(8)) });
    },
    settle(settlements) {
      writeProgress(settlements.map(({ lease }) => lease.jobId));
      return Promise.all(
        settlements.map(async (settlement) => {
          const answer = await writer.submit({ kind: "settle", row: packSettlement(settlement) });
          return answer === "as-asked" ? { next: settlement.next, incident: null } : answer;
        }),
      );
    },
    async release(leases) {
      return leases.length === 0 ? [] : writer.submit({ kind: "release", leases: leases.map(keyOf) });
    },
    checkpoint: (lease, checkpoint) => writer.submit({ kind: "checkpoint", lease: keyOf(lease), checkpoint }),
    progress: (lease, info) => progress.note(lease, info),
    cancel: (jobId, by, reason, nowMs) => writer.submit({ kind: "cancel", jobId, by, reason, nowMs }),
    retry: (jobId, nowMs) => writer.submit({ kind: "retry", jobId, nowMs }),
    adoptResult: (jobId, adopted, nowMs) => writer.submit({ kind: "adoptResult", jobId, adopted, nowMs }),
    releaseQuarantined: (jobId, lane, nowMs) => writer.submit({ kind: "releaseQuarantined", jobId, lane, nowMs }),
    discardQuarantined: (jobId, nowMs) => writer.submit({ kind: "discardQuarantined", jobId, nowMs }),
    reschedule: (jobId, change, nowMs) => writer.submit({ kind: "reschedule", jobId, change, nowMs }),
    remove: (jobId) => writer.submit({ kind: "remove", jobId }),
    nextDueMs: () => writer.submit({ kind: "nextDueMs" }),
    counts: () => writer.submit({ kind: "counts" }),

    async recordIntent(lease, intent) {
      await writer.submit({ kind: "recordIntent", lease: keyOf(lease), intent });
    },
    unfinished: (owner) => writer.submit({ kind: "unfinished", owner }),
    schedules: () => writer.submit({ kind: "schedules" }),
    putSchedule: (schedule) => writer.submit({ kind: "putSchedule", schedule }),
    removeSchedule: (key) => writer.submit({ kind: "removeSchedule", key }),
    lanes: () => writer.submit({ kind: "lanes" }),
    async putLane(lane) {
      await writer.submit({ kind: "putLane", lane });
    },
    book: (book) => writer.submit({ kind: "book", book }),
    async putBook(book, entries) {
      await writer.submit({ kind: "putBook", book, entries });
    },
    idempotency: (key) => writer.submit({ kind: "idempotency", key }),
    putIdempotency: (entry) => writer.submit({ kind: "putIdempotency", entry }),
    services: () => writer.submit({ kind: "services" }),
    async putService(service) {
      await writer.submit({ kind: "putService", service });
    },
    breakers: () => writer.submit({ kind: "breakers", nowMs: parts.clock.nowMs() }),
    changeBreaker: (ask, moment) => writer.submit({ kind: "changeBreaker", ask, moment }),
    incident: (id) => reader.ask({ kind: "incident", id }),
    incidents: (filter, page) => reader.ask({ kind: "incidents", filter, page }),
    incidentCounts: () => reader.ask({ kind: "incidentCounts" }),
    occurrences: (incidentId, limit) => reader.ask({ kind: "occurrences", incidentId, limit }),
    addTrouble: (trouble) => writer.submit({ kind: "addTrouble", trouble }),
    changeIncident: (incidentId, change, nowMs) => writer.submit({ kind: "changeIncident", incidentId, change, nowMs }),
    // What is asked at every start the writer answers, which lives already: the reader is started when somebody reads.
    validations: (incidentId, state) =>
      incidentId === null && state === "watching" ? writer.submit({ kind: "watching" }) : reader.ask({ kind: "validations", incidentId, state }),
    async putValidation(validation) {
      await writer.submit({ kind: "putValidation", validation });
    },
    inputSizes: (type) => reader.ask({ kind: "inputSizes", type }),
    deathsBetween: (fromMs, toMs, limit) => reader.ask({ kind: "deathsBetween", fromMs, toMs, limit }),
    prune: (rule) => writer.submit({ kind: "prune", rule }),
    strayLogs: (names) => writer.submit({ kind: "strayLogs", names }),

    async job(jobId) {
      const record = await reader.ask({ kind: "job", jobId });
      return record === null ? null : progress.overlay(record);
    },
    wasPruned: (jobId) => reader.ask({ kind: "wasPruned", jobId }),
    beganWith: (jobId, attempt) => reader.ask({ kind: "beganWith", jobId, attempt }),
    document: (jobId, which) => reader.ask({ kind: "document", jobId, which }),
    async jobs(filter, page) {
      const found = await reader.ask({ kind: "jobs", filter, page });
      return { items: found.items.map((record) => progress.overlay(record)), nextCursor: found.nextCursor };
    },
    attempts: (jobId) => reader.ask({ kind: "attempts", jobId }),
    attempt: (attemptId) => reader.ask({ kind: "attempt", attemptId }),
    countJobs: (filter, cap) => reader.ask({ kind: "countJobs", filter, cap }),
    typeStats: (sinceMs) => reader.ask({ kind: "typeStats", sinceMs }),

    backup: (file) => backupDatabase(parts.dataDir, file),
    health: () => health(parts),
    async close() {
      progress.stop();
      writeProgress();
      // The last one to close moves the log of writes into the database, and a connection that only reads cannot.
      await reader.close();
      await writer.close();
    },
  };
}

/** While the disk refuses, every batch begins with a probe: so asking anything notices the recovery, though nobody writes. */
async function health({ writer, reader, schemaVersion, journalMode }: EmbeddedParts): Promise<StoreHealth> {
  if (!writer.state().writable) await writer.submit({ kind: "nextDueMs" }).catch(() => undefined);
  const sizeBytes = await reader.ask({ kind: "sizeBytes" }).catch(() => 0);
  return { ...writer.state(), sizeBytes, schemaVersion, journalMode };
}

function keyOf({ jobId, token }: Lease): LeaseKey {
  return { jobId, token };
}

function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
