import type { BreakerChange, BreakerDoor } from "../breaker/index.ts";
import type { BreakerRecord } from "../model/index.ts";
import type { BreakerNews, BreakerQuestion, ToWorker } from "../wire/index.ts";

/** The line between one worker and the breakers. Nothing is listened to before the worker first asks. */
export interface BreakerLine {
  ask(question: BreakerQuestion): void;
  close(): void;
}

export function createBreakerLine(breakers: BreakerDoor, send: (message: ToWorker) => void): BreakerLine {
  let stop: (() => void) | null = null;

  async function answer({ request, attemptId, key, ask }: BreakerQuestion): Promise<void> {
    try {
      const found = await breakers.ask(key, attemptId, ask);
      send({ kind: "breaker-answer", request, ok: true, answer: found, isClean: isClean(breakers.find(key)) });
    } catch (error) {
      send({ kind: "breaker-answer", request, ok: false, message: error instanceof Error ? error.message : String(error) });
    }
  }

  return {
    ask(question) {
      stop ??= breakers.onChange((change) => send(newsOf(change)));
      void answer(question);
    },
    close() {
      stop?.();
      stop = null;
    },
  };
}

function newsOf({ key, record }: BreakerChange): BreakerNews {
  return { kind: "breaker-changed", key, state: record?.state ?? "closed", untilMs: record?.openUntilMs ?? null, evidence: record?.evidence ?? null, isClean: isClean(record) };
}

function isClean(record: BreakerRecord | null): boolean {
  return record === null;
}
