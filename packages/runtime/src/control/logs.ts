import { open, type FileHandle } from "node:fs/promises";
import { watch } from "node:fs";
import { CofferdamError } from "../model/index.ts";
import type { Clock } from "../platform/index.ts";
import type { ReadPort } from "../store/ports.ts";
import type { DispatchDoor, LogRange } from "./deps.ts";
import type { EventFeed } from "./ports.ts";

const CHUNK_BYTES = 64 * 1024;
/** Where the file system gives no notice of changes, the size is read this often. */
const POLL_MS = 250;

export interface LogDeps {
  readonly store: Pick<ReadPort, "attempts">;
  readonly dispatch: Pick<DispatchDoor, "runningLog">;
  readonly events: EventFeed;
  readonly clock: Clock;
}

export interface LogRequest {
  readonly jobId: string;
  readonly attempt: number;
  readonly follow: boolean;
  readonly fromByte: number;
  readonly signal: AbortSignal | undefined;
}

/** Bytes of one attempt's log. Everything is read asynchronously and in pieces: a log of gigabytes costs one buffer. */
export async function* readLog(deps: LogDeps, request: LogRequest): AsyncIterable<Uint8Array> {
  const wake = createWake(deps, request);
  try {
    let range = await findRange(deps, request);
    // A follower of an attempt that is just being started waits for its first byte.
    while (range === "not-yet") {
      if (!request.follow || request.signal?.aborted === true) return;
      await wake.next();
      range = await findRange(deps, request);
    }
    if (range !== null) yield* readRange(deps, request, range, wake);
  } finally {
    wake.close();
  }
}

async function* readRange(deps: LogDeps, request: LogRequest, first: LogRange, wake: Wake): AsyncIterable<Uint8Array> {
  const file = await openLog(first.file);
  try {
    wake.watch(first.file);
    let range: LogRange = first;
    let position = range.from + request.fromByte;
    while (request.signal?.aborted !== true) {
      const { to } = range;
      const chunk = await readChunk(file, position, to);
      if (to === null) range = await rangeAfterRead(deps, request, range);
      // What the next attempt of the same worker has written is not ours.
      const own = range.to === null ? chunk : chunk.subarray(0, Math.max(0, range.to - position));
      if (own.length > 0) {
        position += own.length;
        yield own;
      } else if (to !== null || (range.to === null && !request.follow)) return;
      else if (range.to === null) await wake.next();
    }
  } finally {
    await file.close();
  }
}

async function readChunk(file: FileHandle, position: number, to: number | null): Promise<Uint8Array> {
  const wanted = to === null ? CHUNK_BYTES : Math.min(CHUNK_BYTES, to - position);
  if (wanted <= 0) return new Uint8Array(0);
  const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(wanted), 0, wanted, position);
  return buffer.subarray(0, bytesRead);
}

async function openLog(path: string): Promise<FileHandle> {
  try {
    return await open(path, "r");
  } catch (error) {
    throw new CofferdamError("attempt_not_found", "the attempt's log is no longer there", { cause: error, hint: "Logs are removed with their jobs after the retention time." });
  }
}

/** null: the attempt wrote nothing. A log that is written by a running attempt is known here; one that has ended is in the journal. */
async function findRange(deps: LogDeps, { jobId, attempt }: LogRequest): Promise<LogRange | "not-yet" | null> {
  const running = deps.dispatch.runningLog(jobId);
  const isRunning = running?.attempt === attempt;
  if (isRunning && running.log !== null) return running.log;
  const settled = (await deps.store.attempts(jobId)).findLast((record) => record.attempt === attempt);
  if (settled !== undefined) return settled.log;
  if (!isRunning) throw new CofferdamError("attempt_not_found", `job ${jobId} has no attempt ${attempt}`, { hint: `cofferdam show ${jobId}` });
  return "not-yet";
}

/** The range as it is known once everything has been heard that was said before the bytes that we have just read were written. */
async function rangeAfterRead(deps: LogDeps, request: LogRequest, known: LogRange): Promise<LogRange> {
  // A worker says that an attempt has ended before the next one writes; one whole turn of the loop takes that in.
  await nextTurn();
  await nextTurn();
  const now = await findRange(deps, request);
  return now === null || now === "not-yet" ? known : now;
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

interface Wake {
  watch(file: string): void;
  /** Resolves at the next sign since the last call. */
  next(): Promise<void>;
  close(): void;
}

/** Signs that there may be more to read: the file changed, the attempt moved on, the reader went away, or simply time. */
function createWake(deps: LogDeps, request: LogRequest): Wake {
  let seen = Promise.withResolvers<void>();
  const sign = () => seen.resolve();
  const closers: (() => void)[] = [
    deps.events.subscribe(({ event }) => {
      if ("jobId" in event && event.jobId === request.jobId && event.kind !== "attempt.progress") sign();
    }),
    deps.clock.every(POLL_MS, sign, { keepAlive: false }),
  ];
  request.signal?.addEventListener("abort", sign, { once: true });
  return {
    watch(file) {
      try {
        const watcher = watch(file, { persistent: false }, sign);
        watcher.on("error", () => watcher.close());
        closers.push(() => watcher.close());
      } catch {
        // No watches left on this machine: the interval above is enough.
      }
    },
    async next() {
      await seen.promise;
      seen = Promise.withResolvers<void>();
    },
    close() {
      request.signal?.removeEventListener("abort", sign);
      for (const close of closers) close();
    },
  };
}
