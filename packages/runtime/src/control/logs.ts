import { open, type FileHandle } from "node:fs/promises";
import { watch } from "node:fs";
import { CofferdamError, type AttemptRecord } from "../model/index.ts";
import type { Clock } from "../platform/index.ts";
import type { ReadPort } from "../store/ports.ts";
import type { DispatchDoor } from "./deps.ts";
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

/** Where the attempt's bytes are: `to` is null while it still writes. */
interface LogRange {
  readonly file: string;
  readonly from: number;
  readonly to: number | null;
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
      const chunk = await readChunk(file, position, range.to);
      if (chunk.length > 0) {
        position += chunk.length;
        yield chunk;
        continue;
      }
      if (range.to !== null || !request.follow) return;
      if ((await wake.next()) === "grown") continue;
      // The attempt may have ended meanwhile: its record says where its bytes stop, and the next attempt's begin.
      const now = await findRange(deps, request);
      if (now !== null && now !== "not-yet") range = now;
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

/** null: the attempt wrote nothing. The journal is asked first: once an attempt has ended it has the last word. */
async function findRange(deps: LogDeps, { jobId, attempt }: LogRequest): Promise<LogRange | "not-yet" | null> {
  const running = deps.dispatch.runningLog(jobId);
  const settled = (await deps.store.attempts(jobId)).findLast((record: AttemptRecord) => record.attempt === attempt);
  if (settled !== undefined) return settled.log;
  if (running === null || running.attempt !== attempt) throw new CofferdamError("attempt_not_found", `job ${jobId} has no attempt ${attempt}`, { hint: `cofferdam show ${jobId}` });
  return running.log === null ? "not-yet" : { ...running.log, to: null };
}

interface Wake {
  watch(file: string): void;
  /** The next sign since the last call: the file has grown, or anything else may have changed. */
  next(): Promise<"grown" | "changed">;
  close(): void;
}

/** Signs that there may be more to read: the file changed, the attempt moved on, the reader went away, or simply time. */
function createWake(deps: LogDeps, request: LogRequest): Wake {
  let resolve: (() => void) | null = null;
  const seen = { grown: false, changed: false };
  const sign = (kind: "grown" | "changed") => {
    seen[kind] = true;
    resolve?.();
  };
  const changed = () => sign("changed");
  const closers: (() => void)[] = [
    deps.events.subscribe(({ event }) => {
      if ("jobId" in event && event.jobId === request.jobId && event.kind !== "attempt.progress") changed();
    }),
    deps.clock.every(POLL_MS, changed, { keepAlive: false }),
  ];
  request.signal?.addEventListener("abort", changed, { once: true });
  return {
    watch(file) {
      try {
        const watcher = watch(file, { persistent: false }, () => sign("grown"));
        watcher.on("error", () => watcher.close());
        closers.push(() => watcher.close());
      } catch {
        // No watches left on this machine: the interval above is enough.
      }
    },
    async next() {
      if (!seen.grown && !seen.changed)
        await new Promise<void>((done) => {
          resolve = done;
        });
      resolve = null;
      const kind = seen.changed ? "changed" : "grown";
      seen.grown = false;
      seen.changed = false;
      return kind;
    },
    close() {
      request.signal?.removeEventListener("abort", changed);
      for (const close of closers) close();
    },
  };
}
