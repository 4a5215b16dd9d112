// A service whose start fails before anything runs, with a real store.
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import type { AttemptBoard, AttemptGuest } from "../../src/attempt/index.ts";
import type { Lease } from "../../src/model/index.ts";
import { silentLogger, systemChance, systemClock, type Clock } from "../../src/platform/index.ts";
import type { PolicyQuestion } from "../../src/policy/index.ts";
import { createServiceHost, type ServiceHost } from "../../src/service/index.ts";
import { openEmbeddedStore, type Store } from "../../src/store/index.ts";
import { jobTypeOf } from "../job-type.ts";

const RULES = {
  freshnessMs: 60_000,
  startupMs: 60_000,
  ageMs: null,
  memoryBytes: null,
  pids: null,
  errors: null,
  backoffBaseMs: 100,
  backoffMaxMs: 100,
  intensity: { restarts: 5, withinMs: 600_000 },
  escalate: "stop",
} as const;

interface OpenHost extends AsyncDisposable {
  readonly host: ServiceHost;
  readonly store: Store;
  /** What the host wants to do later. */
  readonly timers: (() => void)[];
  readonly errors: string[];
  readonly events: string[];
  jobState(): Promise<string | undefined>;
}

async function openHost(board: Pick<AttemptBoard, "start">, release?: (store: Store, leases: readonly Lease[]) => Promise<readonly string[]>): Promise<OpenHost> {
  const directory = await mkdtemp(join(tmpdir(), "cofferdam-service-start-"));
  const timers: (() => void)[] = [];
  const errors: string[] = [];
  const events: string[] = [];
  const clock: Clock = { ...systemClock, after: (_delayMs, action) => (timers.push(action), () => undefined) };
  const store = await openEmbeddedStore({ dataDir: directory, clock: systemClock, chance: systemChance, logger: silentLogger, onEvent: () => undefined });
  const host = createServiceHost({
    queue: {
      enqueue: (jobs) => store.enqueue(jobs),
      claim: (request) => store.claim(request),
      reschedule: (jobId, to, nowMs) => store.reschedule(jobId, to, nowMs),
      release: (leases) => release?.(store, leases) ?? store.release(leases),
    },
    journal: store,
    board,
    crew: { workers: () => [] },
    clock,
    chance: systemChance,
    owner: "r_1",
    callControl: () => Promise.resolve("null"),
    publish: ({ kind }) => events.push(kind),
    onError: (error) => errors.push(String(error)),
  });
  return {
    host,
    store,
    timers,
    errors,
    events,
    jobState: async () => (await store.jobs({}, { limit: 1, cursor: null })).items[0]?.state,
    async [Symbol.asyncDispose]() {
      host.close();
      await store.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** Nothing can be started, for this reason, and no lease given back while `disk.isFull`. */
async function openHostOnFullDisk(reason: string) {
  const disk = { isFull: true };
  const released = Promise.withResolvers<void>();
  const open = await openHost(
    {
      start() {
        throw new Error(reason);
      },
    },
    async (store, leases) => {
      if (disk.isFull) throw new Error("the disk is full");
      const answer = await store.release(leases);
      released.resolve();
      return answer;
    },
  );
  return { open, disk, released: released.promise };
}

const SERVICE = jobTypeOf("svc", { service: RULES });
const CANCELLED: PolicyQuestion = {
  verdict: { cause: "cancelled", confidence: "certain", summary: "Cancelled.", evidence: [], hypotheses: [], stack: [], error: null },
  jobType: SERVICE,
  errors: 0,
  deaths: 0,
  nowMs: 0,
  fraction: 0,
  drain: false,
  cancelRequested: false,
};

test("a service that could not be started is tried again with the lease it has, and gives that back when nobody wants it any more", async () => {
  let tries: string[] = [];
  let tried = Promise.withResolvers<void>();
  await using open = await openHost({
    start(_jobType, leases) {
      tries = [...tries, ...leases.map(({ attemptId }) => attemptId)];
      tried.resolve();
      throw new Error("ENOSPC: no space left on device, mkdir");
    },
  });
  const { host, timers, errors } = open;
  await host.open([SERVICE]);
  assert.equal(timers.length, 1, "it is begun later");
  tried = Promise.withResolvers();
  timers[0]?.();
  await tried.promise;
  assert.equal(tries.length, 2);
  assert.equal(new Set(tries).size, 1, "with the same lease");
  assert.equal(errors.length, 2);
  assert.equal(await open.jobState(), "running");
  await host.stop("svc", "me");
  assert.equal(await open.jobState(), "ready");
});

test("a service that is stopped while it begins gives its lease back, however often the store has to be asked, and then it is stopped", async () => {
  const asked = Promise.withResolvers<void>();
  const full = await openHostOnFullDisk("nobody wants it");
  await using open = full.open;
  const { host, timers, errors, events } = open;
  const putService = open.store.putService.bind(open.store);
  open.store.putService = async (record) => {
    await putService(record);
    if (record.jobId !== null && record.wish === "run") {
      // It has its lease, and nothing was started with it yet.
      await host.stop("svc", "me");
      asked.resolve();
    }
  };
  await host.open([SERVICE]);
  await asked.promise;
  assert.deepEqual(errors, ["Error: the disk is full"]);
  assert.equal(await open.jobState(), "running");
  full.disk.isFull = false;
  timers.at(-1)?.();
  await full.released;
  assert.equal(await open.jobState(), "ready");
  assert.deepEqual(events, ["service.stopped"]);
});

test("the lease of a service that could not be started goes back later when its stop was refused", async () => {
  const full = await openHostOnFullDisk("ENOSPC: no space left on device, mkdir");
  await using open = full.open;
  await open.host.open([SERVICE]);
  await assert.rejects(open.host.stop("svc", "me"), /the disk is full/);
  assert.equal(await open.jobState(), "running");
  full.disk.isFull = false;
  open.timers.at(-1)?.();
  await full.released;
  assert.equal(await open.jobState(), "ready");
});

test("a service that is wanted again while its end is being written begins again", async ({ signal }) => {
  const guests: AttemptGuest[] = [];
  await using open = await openHost({
    start(_jobType, leases, guest) {
      if (guest !== undefined) guests.push(guest);
      return leases.map((lease) => ({ lease, end: new Promise<never>(() => undefined), stop: () => undefined }));
    },
  });
  const { host, timers, events } = open;
  await host.open([SERVICE]);
  const [first] = guests;
  await host.stop("svc", "me");
  // What follows has been chosen, and is on its way to the disk.
  assert.equal(first?.choose(CANCELLED).kind, "retry");
  await host.start("svc", "me");
  const planned = timers.length;
  first?.onDone();
  while (timers.length === planned && !signal.aborted) await setImmediate();
  assert.equal(host.find("svc")?.state, "waiting");
  assert.deepEqual(events, ["service.started"]);
});
