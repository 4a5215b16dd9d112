import { answerOf, type BreakerAnswer, type BreakerAsk, type BreakerMoment, type BreakerRecord, type RuntimeEvent } from "../model/index.ts";
import type { Clock } from "../platform/index.ts";
import type { BreakerPort } from "../store/ports.ts";
import type { BreakerChange, BreakerDoor } from "./ports.ts";

export interface BreakerBookDeps {
  readonly store: BreakerPort;
  readonly clock: Clock;
  publish(event: RuntimeEvent): void;
}

/** All breakers of this runtime. The store decides who gets what; the copy here answers what is beyond doubt without asking it. */
export interface BreakerBook extends BreakerDoor {
  /** What is remembered now, by key. */
  list(): readonly BreakerRecord[];
  /** Closes it. False when nothing was remembered. */
  reset(key: string, by: string): Promise<boolean>;
}

export async function openBreakerBook({ store, clock, publish }: BreakerBookDeps): Promise<BreakerBook> {
  const records = new Map((await store.breakers()).map((record) => [record.key, record]));
  const listeners = new Set<(change: BreakerChange) => void>();

  async function change(ask: BreakerAsk, moment: BreakerMoment): Promise<BreakerAnswer> {
    // The answers of the store come in the order of its changes: the copy never goes back in time.
    const { before, record, answer } = await store.changeBreaker(ask, moment);
    if (record === null) records.delete(moment.key);
    else records.set(moment.key, record);
    if (JSON.stringify(before) !== JSON.stringify(record)) {
      for (const listener of listeners) listener({ key: moment.key, before, record });
      const event = eventOf({ key: moment.key, before, record }, ask, moment);
      if (event !== null) publish(event);
    }
    return answer;
  }

  return {
    ask(key, holder, ask) {
      const moment = { key, holder, nowMs: clock.nowMs() };
      const known = find(key);
      return isBeyondDoubt(known, ask, moment.nowMs) ? Promise.resolve(answerOf(known, moment)) : change(ask, moment);
    },
    async reset(key, by) {
      if (find(key) === null) return false;
      await change({ kind: "reset" }, { key, holder: by, nowMs: clock.nowMs() });
      return true;
    },
    find,
    list() {
      const nowMs = clock.nowMs();
      return [...records.values()].filter((record) => record.expiresAtMs > nowMs).sort((one, other) => (one.key < other.key ? -1 : 1));
    },
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };

  function find(key: string): BreakerRecord | null {
    const record = records.get(key);
    return record === undefined || record.expiresAtMs <= clock.nowMs() ? null : record;
  }
}

/** Only what would be written must be asked of the store. */
function isBeyondDoubt(known: BreakerRecord | null, ask: BreakerAsk, nowMs: number): boolean {
  if (ask.kind === "success") return known === null;
  if (ask.kind !== "ask") return false;
  return known === null || known.state === "closed" || (known.state === "open" && nowMs < (known.openUntilMs ?? 0));
}

function eventOf({ key, before, record }: BreakerChange, ask: BreakerAsk, { holder, nowMs }: BreakerMoment): RuntimeEvent | null {
  const shared = { atMs: nowMs, key, by: holder, evidence: record?.evidence ?? null, untilMs: record?.openUntilMs ?? null };
  if (ask.kind === "reset") return { kind: "breaker.reset", ...shared };
  if (record?.state === "open" && (before?.state !== "open" || ask.kind === "trip")) return { kind: "breaker.opened", ...shared };
  if (record?.state === "half-open" && before?.state !== "half-open") return { kind: "breaker.half-open", ...shared };
  return record === null && before !== null && before.state !== "closed" ? { kind: "breaker.closed", ...shared } : null;
}
