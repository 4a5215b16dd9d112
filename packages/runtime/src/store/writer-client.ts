import type { Worker } from "node:worker_threads";
import { CofferdamError, type RuntimeEvent } from "../model/index.ts";
import type { Clock, Logger } from "../platform/index.ts";
import { fromFailureMessage } from "./failure.ts";
import type { DiskReport, FromWriter, Operation, OperationReply, Operations, ToWriter } from "./operations.ts";
import { post } from "./thread/spawn.ts";

/** Batches under way at once: one that is being committed and one that waits ready behind it. What comes later gathers here, so the busier the disk the larger the commits. */
const BATCHES_MAX = 2;

export type StoreEvent = Extract<RuntimeEvent, { kind: "store.full" | "store.recovered" }>;

export interface WriterClientOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  onEvent(event: StoreEvent): void;
}

export interface WriterState {
  readonly writable: boolean;
  readonly detail: string;
  /** From handing a batch over until it was on disk. */
  readonly lastCommitMs: number;
}

/** The main thread's end of the writer: gathers the operations of a tick into one message, and keeps the promises. */
export interface WriterClient {
  submit<Asked extends Operation>(operation: Asked): Promise<Operations[Asked["kind"]]["answer"]>;
  state(): WriterState;
  /** Lets what was submitted finish, then ends the thread. */
  close(): Promise<void>;
}

interface Waiting {
  readonly operation: Operation;
  resolve(value: unknown): void;
  reject(error: Error): void;
}

export function createWriterClient(worker: Worker, options: WriterClientOptions): WriterClient {
  const { clock, logger } = options;
  const underWay = new Map<number, { readonly waiting: readonly Waiting[]; readonly sentMs: number; readonly isProbed: boolean }>();
  let gathered: Waiting[] = [];
  let isFlushPlanned = false;
  let nextBatch = 1;
  let lastCommitMs = 0;
  let disk: DiskReport = { state: "idle" };
  let ended: CofferdamError | null = null;

  const flush = (): void => {
    isFlushPlanned = false;
    if (underWay.size < BATCHES_MAX) handOver();
  };

  const handOver = (): void => {
    if (gathered.length === 0) return;
    const isProbed = disk.state === "refused";
    const waiting = isProbed ? [PROBE, ...gathered] : gathered;
    gathered = [];
    const message: ToWriter = { kind: "batch", batch: nextBatch, operations: waiting.map((each) => each.operation) };
    underWay.set(nextBatch, { waiting, sentMs: clock.monotonicMs(), isProbed });
    nextBatch += 1;
    try {
      post(worker, message);
    } catch {
      underWay.delete(message.batch);
      gathered = [...waiting.filter((each) => each !== PROBE && rejectUncopyable(each)), ...gathered];
      planFlush();
    }
  };

  const planFlush = (): void => {
    if (isFlushPlanned || underWay.size >= BATCHES_MAX) return;
    isFlushPlanned = true;
    setImmediate(flush);
  };

  /** A small write may still find room where larger ones do not: only a batch with a probe in it ends the refusal. */
  const noteDisk = (report: DiskReport, isProbed: boolean): void => {
    const before = disk;
    if (before.state === "refused" && report.state !== "refused" && !isProbed) return;
    disk = report;
    const atMs = clock.nowMs();
    if (report.state === "refused" && before.state !== "refused") {
      logger.error({ code: report.failure.code }, `the store cannot be written: ${report.failure.message}`);
      options.onEvent({ kind: "store.full", atMs, detail: report.failure.message });
    }
    if (report.state === "written" && before.state === "refused") {
      logger.info("the store can be written again");
      options.onEvent({ kind: "store.recovered", atMs, detail: "the store can be written again" });
    }
  };

  const failAll = (error: CofferdamError): void => {
    ended = error;
    const all = [...[...underWay.values()].flatMap((batch) => batch.waiting), ...gathered];
    underWay.clear();
    gathered = [];
    for (const waiting of all) waiting.reject(error);
  };

  worker.on("message", (message: FromWriter) => {
    if (message.kind !== "answers") return;
    const batch = underWay.get(message.batch);
    underWay.delete(message.batch);
    if (batch === undefined) return;
    flush();
    lastCommitMs = clock.monotonicMs() - batch.sentMs;
    noteDisk(message.disk, batch.isProbed);
    batch.waiting.forEach((waiting, index) => settle(waiting, message.replies[index]));
  });
  worker.on("error", (error) => {
    logger.error({ err: error }, "the store's writer thread died");
    failAll(
      new CofferdamError("store_failed", `the store's writer thread died: ${error.message}`, { hint: "Restart the runtime; nothing that was accepted is lost.", cause: error }),
    );
  });
  const exited = new Promise<void>((resolve) => {
    worker.on("exit", () => {
      failAll(ended ?? closedError());
      resolve();
    });
  });

  return {
    submit<Asked extends Operation>(operation: Asked) {
      return new Promise<Operations[Asked["kind"]]["answer"]>((resolve, reject) => {
        if (ended !== null) {
          reject(ended);
          return;
        }
        // The writer answers each kind with that kind's answer; this is where the message becomes typed again.
        gathered.push({ operation, resolve: resolve as (value: unknown) => void, reject });
        planFlush();
      });
    },
    state: () => ({
      writable: ended === null && disk.state !== "refused",
      detail: ended?.message ?? (disk.state === "refused" ? disk.failure.message : "writes reach the disk"),
      lastCommitMs,
    }),
    async close() {
      if (ended === null) {
        // Messages arrive in order: the writer commits and answers what was handed over before it sees this one.
        handOver();
        ended = closedError();
        post<ToWriter>(worker, { kind: "close" });
      }
      await exited;
    },
  };
}

/** Goes ahead of every batch while the disk refuses. Nobody waits for it. */
const PROBE: Waiting = { operation: { kind: "probe" }, resolve: () => undefined, reject: () => undefined };

/** What cannot be copied to another thread is a bug of its caller; its neighbours go again without it. Returns whether it may. */
function rejectUncopyable(waiting: Waiting): boolean {
  try {
    structuredClone(waiting.operation);
    return true;
  } catch (error) {
    waiting.reject(new CofferdamError("broken_invariant", "what is given to the store is plain data", { cause: error }));
    return false;
  }
}

function settle(waiting: Waiting, reply: OperationReply | undefined): void {
  if (reply === undefined) waiting.reject(new CofferdamError("broken_invariant", "the writer answers every operation"));
  else if (reply.ok) waiting.resolve(reply.value);
  else waiting.reject(fromFailureMessage(reply.failure));
}

function closedError(): CofferdamError {
  return new CofferdamError("store_closed", "the store is closed", { hint: "The runtime is stopping; try again when it is up." });
}
