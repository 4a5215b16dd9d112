import type { Clock } from "../platform/index.ts";
import type { AttemptEnded, CountMessage, FromWorker, KeptTree } from "../wire/index.ts";
import type { AttemptItem } from "./attempt-item.ts";
import { createStageBoard } from "./stage-board.ts";
import type { Watch } from "./watch.ts";

/** How an attempt began, as its worker says it. */
export type Start = Pick<Extract<FromWorker, { kind: "started" }>, "atMs" | "logOffset" | "isLoading">;

/** What the worker's messages set in motion. Everything else is only noted in the attempt that runs. */
export interface Hearing {
  readonly clock: Clock;
  /** The attempt that runs now. */
  current(): AttemptItem | undefined;
  watchOf(item: AttemptItem): Watch;
  onReady(): void;
  onStarted(item: AttemptItem, start: Start): void;
  onEnded(item: AttemptItem, message: AttemptEnded, payload: Buffer): void;
  onCheckpoint(item: AttemptItem, sequence: number, checkpoint: string): void;
  onBreaker(question: Extract<FromWorker, { kind: "breaker" }>): void;
  onControl(item: AttemptItem, question: Extract<FromWorker, { kind: "control" }>, args: string): void;
  onRecalled(attemptIds: readonly string[]): void;
  onKept(trees: readonly KeptTree[]): void;
  onCounted(message: CountMessage): void;
}

/** Takes one message of the worker. What it says of an attempt that does not run (any more) is not heard. */
export function hearWorker(hearing: Hearing, message: FromWorker, payload: Buffer): void {
  const item = hearing.current();
  switch (message.kind) {
    case "ready":
      hearing.onReady();
      return;
    case "loaded":
      item?.watch?.loaded();
      return;
    case "beat":
      item?.watch?.beat();
      return;
    case "started":
      if (item?.lease.attemptId === message.attemptId) hearing.onStarted(item, message);
      return;
    case "ended":
      if (item?.lease.attemptId !== message.attemptId) return;
      hearing.onEnded(item, message, payload);
      if (message.next !== undefined) hearNext(hearing, message.next, message.logOffset);
      return;
    case "progress":
      if (item?.lease.attemptId !== message.attemptId) return;
      hearing.watchOf(item).progressed();
      item.progress = { done: message.done, total: message.total, note: message.note, atMs: hearing.clock.nowMs() };
      item.listener.onProgress(message.attemptId, item.progress);
      return;
    case "checkpoint":
      if (item?.lease.attemptId === message.attemptId) hearing.onCheckpoint(item, message.sequence, payload.toString("utf8"));
      return;
    case "stage":
      if (item?.lease.attemptId !== message.attemptId) return;
      hearing.watchOf(item).progressed();
      item.stages ??= createStageBoard(hearing.clock);
      item.stages.note(message);
      return;
    case "update":
      if (item?.lease.attemptId !== message.attemptId) return;
      item.watch?.progressed();
      item.progress = { done: (item.progress?.done ?? 0) + 1, total: null, note: message.note ?? item.progress?.note ?? null, atMs: hearing.clock.nowMs() };
      item.listener.onReport?.(message.attemptId, { kind: "update", note: message.note, data: payload.length === 0 ? null : payload.toString("utf8") });
      return;
    case "service-error":
      if (item?.lease.attemptId === message.attemptId) item.listener.onReport?.(message.attemptId, { kind: "error", text: message.text });
      return;
    case "control":
      if (item?.lease.attemptId === message.attemptId) hearing.onControl(item, message, payload.toString("utf8"));
      return;
    case "breaker":
      hearing.onBreaker(message);
      return;
    case "uncaught":
      if (item !== undefined) item.report = { kind: "uncaught", error: message.error };
      return;
    case "exiting":
      // An uncaught error explains the exit; the code only follows from it.
      if (item !== undefined && item.report === null) item.report = message.drained ? { kind: "drained" } : { kind: "exiting", code: message.code, stack: message.stack };
      return;
    case "recalled":
      hearing.onRecalled(message.attemptIds);
      return;
    case "kept":
      hearing.onKept(message.trees);
      return;
    case "counted":
      hearing.onCounted(message);
      return;
    case "described":
    case "validated":
      return;
  }
}

function hearNext(hearing: Hearing, { attemptId, atMs, isLoading }: NonNullable<AttemptEnded["next"]>, logOffset: number): void {
  const item = hearing.current();
  if (item !== undefined && item.lease.attemptId === attemptId) hearing.onStarted(item, { atMs, logOffset, isLoading });
}
