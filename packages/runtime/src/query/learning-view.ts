import type { ChaosReport } from "../chaos/ports.ts";
import { rfc3339 } from "./time.ts";
import type { BudgetView, LeakView } from "../learning/ports.ts";

export function renderBudgetAdvice(view: BudgetView) {
  return {
    type: view.type,
    budget_bytes: view.budgetBytes,
    observations: view.observations,
    p50_bytes: view.p50Bytes,
    p95_bytes: view.p95Bytes,
    max_bytes: view.maxBytes,
    memory_deaths: view.memoryDeaths,
    suggested_bytes: view.suggestedBytes,
    advice: view.advice,
    peak_bytes_per_input_byte: view.perInputMib === null ? null : { slope: view.perInputMib.perX, error: view.perInputMib.error },
    classes: view.classes.map((each) => ({
      input_bytes_max: each.inputBytesMax,
      observations: each.observations,
      p50_bytes: each.p50Bytes,
      p95_bytes: each.p95Bytes,
      max_bytes: each.maxBytes,
    })),
  };
}

export function renderChaos(report: ChaosReport) {
  return {
    state: report.state,
    rate: report.rate,
    started_at: rfc3339(report.startedAtMs),
    ends_at: rfc3339(report.endsAtMs),
    injected: report.injected,
    jobs: report.jobs,
    states: report.states,
    lost: report.lost,
  };
}

export function renderLeaks(view: LeakView) {
  const { heap } = view;
  return {
    type: view.type,
    attempts: view.attempts,
    processes: view.processes,
    temp_directories: view.tempDirectories,
    looked: view.looked,
    scratch_bytes: view.scratchBytes,
    handles: view.handles,
    heap: heap === null ? null : { bytes_per_attempt: heap.bytesPerAttempt, error_bytes: heap.errorBytes, verdict: heap.verdict },
  };
}
