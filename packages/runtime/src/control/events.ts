import type { RuntimeEvent, SequencedEvent } from "../model/index.ts";
import type { EventFeed } from "./ports.ts";

/** Where facts are published, kept for a while and handed to subscribers. */
export interface EventHub extends EventFeed {
  publish(event: RuntimeEvent): void;
}

/** For a reader that was away for a moment. Every one of them outlives the young generation: ten times as many cost a fifth of a busy host's time. */
export const EVENTS_KEPT = 1000;
/** Progress of one attempt is passed on at most this often; the job's row always has the last one. */
export const PROGRESS_INTERVAL_MS = 250;
/** Numbers of one run never meet those of another: a run starts at its start time (ms) times this. 1000 events/ms for 285 years stay exact. */
const SEQ_PER_MS = 1000;

/**
 * Keeps the last events for replay. Sequence numbers rise by one and never repeat over restarts,
 * so that an old `Last-Event-ID` is answered with "reset" and never with other events.
 */
export function createEventHub(options: { readonly startedAtMs: number; readonly onSubscriberError: (error: unknown) => void; readonly kept?: number }): EventHub {
  const kept = options.kept ?? EVENTS_KEPT;
  const ring: SequencedEvent[] = [];
  const firstSeq = options.startedAtMs * SEQ_PER_MS;
  let lastSeq = firstSeq;
  const listeners = new Set<(event: SequencedEvent) => void>();
  const progressAtMs = new Map<string, number>();

  const isTooSoon = (event: RuntimeEvent): boolean => {
    if (event.kind === "attempt.ended") progressAtMs.delete(event.attemptId);
    if (event.kind !== "attempt.progress") return false;
    const before = progressAtMs.get(event.attemptId);
    if (before !== undefined && event.atMs - before < PROGRESS_INTERVAL_MS) return true;
    progressAtMs.set(event.attemptId, event.atMs);
    return false;
  };

  return {
    publish(event) {
      if (isTooSoon(event)) return;
      lastSeq += 1;
      const sequenced = { seq: lastSeq, event };
      ring[(lastSeq - firstSeq - 1) % kept] = sequenced;
      for (const listener of listeners) {
        try {
          listener(sequenced);
        } catch (error) {
          // A subscriber's mistake must not stop the one who publishes: that is the line that settles jobs.
          options.onSubscriberError(error);
        }
      }
    },
    lastSeq: () => lastSeq,
    since(seq) {
      if (seq > lastSeq || seq < Math.max(firstSeq, lastSeq - kept)) return "reset";
      const events: SequencedEvent[] = [];
      for (let next = seq + 1; next <= lastSeq; next += 1) {
        const event = ring[(next - firstSeq - 1) % kept];
        if (event !== undefined) events.push(event);
      }
      return events;
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
