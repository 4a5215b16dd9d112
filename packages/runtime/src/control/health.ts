import type { QueueCount, StoreHealth } from "../store/ports.ts";
import type { Clock } from "../platform/index.ts";
import type { ControlDeps } from "./deps.ts";
import type { Control, HealthReport } from "./ports.ts";

const LOOP_DELAY_MS_WARN = 1000;

/** A disk that hangs must not make the question hang: no answer in this time is an answer. */
export const STORE_ANSWER_MS = 2000;
const SILENT_STORE: StoreHealth = {
  writable: false,
  detail: `the store has not answered for ${STORE_ANSWER_MS} ms`,
  sizeBytes: 0,
  schemaVersion: 0,
  journalMode: "",
  lastCommitMs: 0,
};

async function inTime<Value>(clock: Clock, work: Promise<Value>, fallback: Value): Promise<Value> {
  const late = Promise.withResolvers<Value>();
  const cancel = clock.after(STORE_ANSWER_MS, () => late.resolve(fallback), { keepAlive: false });
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    cancel();
  }
}

export function createHealthActions(deps: ControlDeps): Pick<Control, "health"> {
  return {
    async health() {
      const [store, counts] = await inTime(deps.clock, Promise.all([deps.store.health(), deps.store.counts().catch(() => [])]), [SILENT_STORE, []]);
      const workers = deps.crew.workers();
      const facts = {
        phase: deps.host.phase(),
        version: deps.host.version,
        startedAtMs: deps.host.startedAtMs,
        enforcement: deps.host.enforcement,
        enforcementNotes: deps.host.enforcementNotes,
        store,
        workers: workers.length,
        running: countState(counts, "running"),
        quarantined: countState(counts, "quarantined"),
        brokenModules: deps.catalog.broken().length,
        loopDelayMsMax: deps.host.loopDelayMsMax(),
      };
      return { ...facts, ...judgeHealth(facts) };
    },
  };
}

function countState(counts: readonly QueueCount[], state: QueueCount["state"]): number {
  return counts.reduce((sum, count) => (count.state === state ? sum + count.count : sum), 0);
}

/** fail: nothing can be accepted. warn: something is wrong, work goes on. Pure. */
export function judgeHealth(facts: {
  readonly phase: HealthReport["phase"];
  readonly store: StoreHealth;
  readonly brokenModules: number;
  readonly loopDelayMsMax: number;
}): Pick<HealthReport, "status" | "notes"> {
  const failures = [facts.store.writable ? null : `The store cannot be written: ${facts.store.detail}`, facts.phase === "stopped" ? "The runtime has stopped." : null].filter(
    (note) => note !== null,
  );
  const warnings = [
    facts.brokenModules > 0 ? `${facts.brokenModules} job module(s) could not be loaded.` : null,
    facts.loopDelayMsMax > LOOP_DELAY_MS_WARN ? `The main loop was held up for ${Math.round(facts.loopDelayMsMax)} ms in the last minute.` : null,
    facts.phase === "running" || facts.phase === "stopped" ? null : `The runtime is ${facts.phase}.`,
  ].filter((note) => note !== null);
  return { status: failures.length > 0 ? "fail" : warnings.length > 0 ? "warn" : "pass", notes: [...failures, ...warnings] };
}
