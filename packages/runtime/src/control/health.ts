import type { QueueCount, StoreHealth } from "../store/ports.ts";
import type { ControlDeps } from "./deps.ts";
import type { Control, HealthReport } from "./ports.ts";

const LOOP_DELAY_MS_WARN = 1000;

export function createHealthActions(deps: ControlDeps): Pick<Control, "health"> {
  return {
    async health() {
      const [store, counts] = await Promise.all([deps.store.health(), deps.store.counts().catch(() => [])]);
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
