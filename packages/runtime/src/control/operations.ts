import { CofferdamError, type JobState } from "../model/index.ts";
import { newId, type Chance, type Clock } from "../platform/index.ts";
import type { JobFilter, JournalPort } from "../store/ports.ts";
import { refuseLane } from "./refusals.ts";
import { watchEnds } from "./watch-ends.ts";
import type { Control } from "./ports.ts";

export const OPERATION_ACTIONS = ["cancel", "retry", "release", "discard", "remove"] as const;
export type OperationAction = (typeof OPERATION_ACTIONS)[number];

export interface OperationRequest {
  readonly action: OperationAction;
  readonly filter: JobFilter;
  readonly by: string;
  readonly reason: string;
  /** For release: the lane they wait in from now on; null: the one they were in. */
  readonly lane: string | null;
  /** For release: so many first; the others only when all of these have succeeded. 0: all at once. */
  readonly canary: number;
  /** Goes on where an earlier operation with the same filter stopped. */
  readonly cursor: string | null;
}

export interface CanaryView {
  readonly jobIds: readonly string[];
  readonly outcome: "watching" | "passed" | "failed";
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
  /** The jobs that go first, and what became of them; null without a canary. */
  readonly canary: CanaryView | null;
  /** Where it is; an interrupted operation is resumed with it. */
  readonly cursor: string | null;
}

export interface Operations {
  /** How many jobs it would look at, counted up to `cap`. @throws CofferdamError what `start` would refuse as well. */
  preview(request: OperationRequest, cap: number): Promise<number>;
  /** Resolves when it is on disk: what was begun is ended, by this runtime or the next one. */
  start(request: OperationRequest): Promise<Operation>;
  /** @throws CofferdamError `operation_not_found`. */
  find(id: string): Operation;
  /** Goes on with what an earlier runtime left unfinished, from the last chunk that is on disk. */
  resume(): Promise<void>;
  /** Stops all of them at the end of their chunk and waits for that. The next runtime goes on with them. */
  close(): Promise<void>;
}

/** An operation as it is kept for the next runtime. */
interface Filed {
  readonly operation: Operation;
  readonly request: OperationRequest;
}

const BOOK = "operations";
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
 * no chunk blocks the loop, and the cursor says where to go on. After each chunk the operation is written down: a runtime that is killed repeats one chunk at most,
 * in which what was changed already is skipped.
 */
export function createOperations(deps: {
  readonly control: Control;
  readonly journal: Pick<JournalPort, "book" | "putBook">;
  readonly clock: Clock;
  readonly chance: Chance;
}): Operations {
  const { control, journal, clock } = deps;
  const operations = new Map<string, Operation>();
  const running = new Set<Promise<void>>();
  const stop = new AbortController();

  async function run(begun: Operation, request: OperationRequest): Promise<void> {
    let operation = request.canary > 0 && begun.canary === null ? await runCanary(begun, request) : begun;
    while (operation.state === "running") {
      if (stop.signal.aborted) return interrupt(operation);
      const before = operation;
      const next = await runChunk(control, before, request).catch((error: unknown) => stopped(before, error));
      operation = next.state === "running" ? next : { ...next, endedAtMs: clock.nowMs() };
      await note({ operation, request });
    }
  }

  async function note({ operation, request }: Filed): Promise<void> {
    operations.set(operation.id, operation);
    const forgotten = forgetOldest(operations).map((key) => ({ key, record: null }));
    // On a full disk the record stays as it was, and the next change of a job says so.
    await journal.putBook(BOOK, [{ key: operation.id, record: JSON.stringify({ operation, request } satisfies Filed) }, ...forgotten]).catch(() => undefined);
  }

  /** For those who ask in the last moments of this runtime. On disk it is still running. */
  function interrupt(operation: Operation): void {
    operations.set(operation.id, { ...operation, state: "stopped", endedAtMs: clock.nowMs() });
  }

  function begin({ operation, request }: Filed): void {
    const work = run(operation, request).finally(() => running.delete(work));
    running.add(work);
  }

  /** Releases the first few and waits for their ends; the operation goes on only when all of them have succeeded. */
  async function runCanary(begun: Operation, request: OperationRequest): Promise<Operation> {
    const noted = async (operation: Operation): Promise<Operation> => {
      await note({ operation, request });
      return operation;
    };
    const gaveUp = new AbortController();
    try {
      const { items } = await control.jobs(request.filter, { limit: request.canary, cursor: request.cursor });
      const jobIds = items.map(({ id }) => id);
      const watch = watchEnds(control, jobIds, AbortSignal.any([stop.signal, gaveUp.signal]));
      // Written down first: whatever happens, no others go first.
      const watched = await noted({ ...begun, canary: { jobIds, outcome: "watching" } });
      const released = await noted(countOutcomes(watched, await changeAll(control, request, items)));
      // One that was not released will never end.
      if (released.changed < jobIds.length) gaveUp.abort();
      const bad = await watch;
      if (stop.signal.aborted) {
        interrupt(released);
        return { ...released, state: "stopped" };
      }
      if (bad.length === 0 && !gaveUp.signal.aborted) return await noted({ ...released, canary: { jobIds, outcome: "passed" } });
      const unreleased =
        released.skipped === 0
          ? []
          : [{ jobId: "", detail: `${released.skipped} of those that were to go first could no longer be released; the others were left where they are` }];
      const ended = bad.map(({ jobId, state }) => ({ jobId, detail: `it went first and ended ${state}; the others were left where they are` }));
      const failures = [...released.failures, ...unreleased, ...ended];
      return await noted({ ...released, state: "stopped", endedAtMs: clock.nowMs(), failed: released.failed + bad.length, failures, canary: { jobIds, outcome: "failed" } });
    } catch (error) {
      return await noted({ ...stopped(begun, error), endedAtMs: clock.nowMs() });
    }
  }

  /** @throws CofferdamError what no job is asked for: with an unknown lane every one of them would be skipped. */
  async function check(request: OperationRequest): Promise<JobFilter> {
    const filter = narrowFilter(request);
    checkReleaseOnly(request);
    if (request.lane === null) return filter;
    const lanes = (await control.lanes()).map(({ name }) => name);
    if (!lanes.includes(request.lane)) throw refuseLane(request.lane, lanes);
    return filter;
  }

  return {
    preview: async (request, cap) => control.countJobs(await check(request), cap),
    async start(request) {
      const filter = await check(request);
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
        canary: null,
        cursor: request.cursor,
      };
      const filed = { operation, request: { ...request, filter } };
      await journal.putBook(BOOK, [{ key: operation.id, record: JSON.stringify(filed) }]);
      operations.set(operation.id, operation);
      begin(filed);
      return operation;
    },
    async resume() {
      for (const { record } of await journal.book(BOOK)) {
        const filed = readFiled(record);
        operations.set(filed.operation.id, filed.operation);
        if (filed.operation.state !== "running") continue;
        if (filed.operation.canary?.outcome === "watching") await note({ ...filed, operation: unwatched(filed.operation, clock.nowMs()) });
        else begin(filed);
      }
    },
    find(id) {
      const operation = operations.get(id);
      if (operation !== undefined) return operation;
      throw new CofferdamError("operation_not_found", `there is no operation ${id}`, { hint: `The last ${KEPT} operations are kept.` });
    },
    async close() {
      stop.abort();
      await Promise.all(running);
    },
  };
}

async function runChunk(control: Control, operation: Operation, request: OperationRequest): Promise<Operation> {
  const page = await control.jobs(request.filter, { limit: CHUNK, cursor: operation.cursor });
  const changed = countOutcomes(operation, await changeAll(control, request, page.items));
  return { ...changed, state: page.nextCursor === null ? "done" : "running", cursor: page.nextCursor ?? operation.cursor };
}

type JobOutcome = ChangeOutcome & { readonly jobId: string };

function changeAll(control: Control, request: OperationRequest, jobs: readonly { readonly id: string }[]): Promise<readonly JobOutcome[]> {
  return Promise.all(jobs.map(async (job) => ({ jobId: job.id, ...(await changeOne(control, request, job.id)) })));
}

function countOutcomes(operation: Operation, outcomes: readonly JobOutcome[]): Operation {
  const failures = outcomes.flatMap((outcome) => (outcome.kind === "failed" ? [{ jobId: outcome.jobId, detail: outcome.detail }] : []));
  return {
    ...operation,
    seen: operation.seen + outcomes.length,
    changed: operation.changed + outcomes.filter(({ kind }) => kind === "changed").length,
    skipped: operation.skipped + outcomes.filter(({ kind }) => kind === "skipped").length,
    failed: operation.failed + failures.length,
    failures: [...operation.failures, ...failures].slice(0, FAILURES_KEPT),
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

async function change(control: Control, { action, by, reason, lane }: OperationRequest, jobId: string): Promise<unknown> {
  switch (action) {
    case "cancel":
      return control.cancel(jobId, { mode: "graceful", by, reason });
    case "retry":
      return control.retry(jobId);
    case "release":
      return control.releaseQuarantined(jobId, lane);
    case "discard":
      return control.discardQuarantined(jobId);
    case "remove":
      return control.remove(jobId);
  }
}

/** A lane and a canary only mean something where jobs begin to run again. */
function checkReleaseOnly({ action, lane, canary }: OperationRequest): void {
  if (action === "release" || (lane === null && canary === 0)) return;
  const pointer = lane === null ? "/canary" : "/lane";
  throw new CofferdamError("invalid_request", `${action} takes no ${pointer.slice(1)}`, { errors: [{ pointer, detail: "only release takes it" }] });
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

/** Nobody saw how the jobs that went first ended: that is for a person to look at. */
function unwatched(operation: Operation, nowMs: number): Operation {
  const detail = "the runtime ended while those that went first ran; the others were left where they are";
  return { ...operation, state: "stopped", endedAtMs: nowMs, failures: [...operation.failures, { jobId: "", detail }].slice(-FAILURES_KEPT) };
}

/** JSON that this room wrote itself. */
function readFiled(record: string): Filed {
  const filed: Filed = JSON.parse(record);
  return filed;
}

/** Returns whom it forgot. */
function forgetOldest(operations: Map<string, Operation>): readonly string[] {
  const forgotten: string[] = [];
  for (const [id, { state }] of operations) {
    if (operations.size <= KEPT) break;
    if (state !== "running" && operations.delete(id)) forgotten.push(id);
  }
  return forgotten;
}
