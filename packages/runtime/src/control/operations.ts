import { CofferdamError, type JobState } from "../model/index.ts";
import { newId, type Chance, type Clock } from "../platform/index.ts";
import type { JobFilter } from "../store/ports.ts";
import type { Control } from "./ports.ts";

export const OPERATION_ACTIONS = ["cancel", "retry", "release", "discard", "remove"] as const;
export type OperationAction = (typeof OPERATION_ACTIONS)[number];

export interface OperationRequest {
  readonly action: OperationAction;
  readonly filter: JobFilter;
  readonly by: string;
  readonly reason: string;
  /** Goes on where an earlier operation with the same filter stopped. */
  readonly cursor: string | null;
}

/** One change of many jobs, as far as it has come. */
export interface Operation {
  readonly id: string;
  readonly action: OperationAction;
  readonly state: "running" | "done" | "stopped";
  readonly createdAtMs: number;
  readonly endedAtMs: number | null;
  readonly seen: number;
  readonly changed: number;
  /** Jobs that were no longer in a state to be changed. */
  readonly skipped: number;
  readonly failed: number;
  /** The first few failures. */
  readonly failures: readonly { readonly jobId: string; readonly detail: string }[];
  /** Where it is; an interrupted operation is resumed with it. */
  readonly cursor: string | null;
}

export interface Operations {
  /** How many jobs it would look at, counted up to `cap`. */
  preview(request: OperationRequest, cap: number): Promise<number>;
  start(request: OperationRequest): Operation;
  /** @throws CofferdamError `operation_not_found`. */
  find(id: string): Operation;
  /** Stops all of them at the end of their chunk and waits for that. */
  close(): Promise<void>;
}

const CHUNK = 200;
const KEPT = 1000;
const FAILURES_KEPT = 20;

/** States in which each action can do anything; a filter that names states may only narrow them. */
const STATES: Readonly<Record<OperationAction, readonly JobState[]>> = {
  cancel: ["scheduled", "ready", "running", "retrying"],
  retry: ["failed", "cancelled", "quarantined"],
  release: ["quarantined"],
  discard: ["quarantined"],
  remove: ["succeeded", "failed", "cancelled"],
};

/** A retry of what succeeded is possible, but only when it is asked for by name. */
const STATES_BY_NAME: Readonly<Partial<Record<OperationAction, readonly JobState[]>>> = { retry: ["succeeded"], remove: ["scheduled", "ready", "retrying", "quarantined"] };

/**
 * Changes jobs by filter in chunks. Each chunk is one page of the keyset (stable while jobs change state), so nothing is held in memory,
 * no chunk blocks the loop, and the cursor says where to go on.
 */
export function createOperations(deps: { readonly control: Control; readonly clock: Clock; readonly chance: Chance }): Operations {
  const { control, clock } = deps;
  const operations = new Map<string, Operation>();
  const running = new Set<Promise<void>>();
  const stop = new AbortController();

  async function run(begun: Operation, request: OperationRequest): Promise<void> {
    let operation = begun;
    while (operation.state === "running") {
      const before = operation;
      const next = stop.signal.aborted ? { ...before, state: "stopped" as const } : await runChunk(control, before, request).catch((error: unknown) => stopped(before, error));
      operation = next.state === "running" ? next : { ...next, endedAtMs: clock.nowMs() };
      operations.set(operation.id, operation);
    }
  }

  return {
    preview: (request, cap) => control.countJobs(narrowFilter(request), cap),
    start(request) {
      const filter = narrowFilter(request);
      const operation: Operation = {
        id: newId("operation", clock.nowMs(), deps.chance),
        action: request.action,
        state: "running",
        createdAtMs: clock.nowMs(),
        endedAtMs: null,
        seen: 0,
        changed: 0,
        skipped: 0,
        failed: 0,
        failures: [],
        cursor: request.cursor,
      };
      operations.set(operation.id, operation);
      forgetOldest(operations);
      const work = run(operation, { ...request, filter }).finally(() => running.delete(work));
      running.add(work);
      return operation;
    },
    find(id) {
      const operation = operations.get(id);
      if (operation !== undefined) return operation;
      throw new CofferdamError("operation_not_found", `there is no operation ${id}`, { hint: `The last ${KEPT} operations of this run are kept.` });
    },
    async close() {
      stop.abort();
      await Promise.all(running);
    },
  };
}

async function runChunk(control: Control, operation: Operation, request: OperationRequest): Promise<Operation> {
  const page = await control.jobs(request.filter, { limit: CHUNK, cursor: operation.cursor });
  const outcomes = await Promise.all(page.items.map(async (job) => ({ jobId: job.id, ...(await changeOne(control, request, job.id)) })));
  const failures = outcomes.flatMap((outcome) => (outcome.kind === "failed" ? [{ jobId: outcome.jobId, detail: outcome.detail }] : []));
  return {
    ...operation,
    state: page.nextCursor === null ? "done" : "running",
    seen: operation.seen + outcomes.length,
    changed: operation.changed + outcomes.filter(({ kind }) => kind === "changed").length,
    skipped: operation.skipped + outcomes.filter(({ kind }) => kind === "skipped").length,
    failed: operation.failed + failures.length,
    failures: [...operation.failures, ...failures].slice(0, FAILURES_KEPT),
    cursor: page.nextCursor ?? operation.cursor,
  };
}

type ChangeOutcome = { readonly kind: "changed" | "skipped" } | { readonly kind: "failed"; readonly detail: string };

async function changeOne(control: Control, request: OperationRequest, jobId: string): Promise<ChangeOutcome> {
  try {
    await change(control, request, jobId);
    return { kind: "changed" };
  } catch (error) {
    // The job moved on between the page and the change: that is no failure.
    if (error instanceof CofferdamError && error.family === "refused") return { kind: "skipped" };
    return { kind: "failed", detail: error instanceof Error ? error.message : String(error) };
  }
}

async function change(control: Control, { action, by, reason }: OperationRequest, jobId: string): Promise<unknown> {
  switch (action) {
    case "cancel":
      return control.cancel(jobId, { mode: "graceful", by, reason });
    case "retry":
      return control.retry(jobId);
    case "release":
      return control.releaseQuarantined(jobId, null);
    case "discard":
      return control.discardQuarantined(jobId);
    case "remove":
      return control.remove(jobId);
  }
}

/** @throws CofferdamError `invalid_request` when the filter names a state in which the action can do nothing. */
export function narrowFilter({ action, filter }: Pick<OperationRequest, "action" | "filter">): JobFilter {
  if (filter.states === undefined || filter.states.length === 0) return { ...filter, states: STATES[action] };
  const allowed: readonly JobState[] = [...STATES[action], ...(STATES_BY_NAME[action] ?? [])];
  const senseless = filter.states.filter((state) => !allowed.includes(state));
  if (senseless.length === 0) return filter;
  throw new CofferdamError("invalid_request", `${action} does nothing to jobs that are ${senseless.join(", ")}`, {
    hint: `It works on: ${allowed.join(", ")}.`,
    errors: [{ pointer: "/filter/state", detail: `at most ${allowed.join(", ")}` }],
  });
}

/** The store failed: the operation stops where it is, with the cursor to go on from. */
function stopped(operation: Operation, error: unknown): Operation {
  const detail = error instanceof Error ? error.message : String(error);
  return { ...operation, state: "stopped", failures: [...operation.failures, { jobId: "", detail }].slice(-FAILURES_KEPT) };
}

function forgetOldest(operations: Map<string, Operation>): void {
  for (const [id, { state }] of operations) {
    if (operations.size <= KEPT) return;
    if (state !== "running") operations.delete(id);
  }
}
