// A service whose start fails before anything runs, with a real store.
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { AttemptBoard } from "../../src/attempt/index.ts";
import { silentLogger, systemChance, systemClock, type Clock } from "../../src/platform/index.ts";
import { createServiceHost } from "../../src/service/index.ts";
import { openEmbeddedStore } from "../../src/store/index.ts";
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

test("a service that could not be started is tried again with the lease it has, and gives that back when nobody wants it any more", async () => {
  const directory = await mkdtemp(join(tmpdir(), "cofferdam-service-start-"));
  const timers: (() => void)[] = [];
  const clock: Clock = { ...systemClock, after: (_delayMs, action) => (timers.push(action), () => undefined) };
  const store = await openEmbeddedStore({ dataDir: directory, clock: systemClock, chance: systemChance, logger: silentLogger, onEvent: () => undefined });
  let tries: string[] = [];
  let tried = Promise.withResolvers<void>();
  const board: Pick<AttemptBoard, "start"> = {
    start(_jobType, leases) {
      tries = [...tries, ...leases.map(({ attemptId }) => attemptId)];
      tried.resolve();
      throw new Error("ENOSPC: no space left on device, mkdir");
    },
  };
  const errors: string[] = [];
  const host = createServiceHost({
    queue: store,
    journal: store,
    board,
    crew: { workers: () => [] },
    clock,
    chance: systemChance,
    owner: "r_1",
    callControl: () => Promise.resolve("null"),
    publish: () => undefined,
    onError: (error) => errors.push(String(error)),
  });
  try {
    await host.open([jobTypeOf("svc", { service: RULES })]);
    assert.equal(timers.length, 1, "it is begun later");
    tried = Promise.withResolvers();
    timers[0]?.();
    await tried.promise;
    assert.equal(tries.length, 2);
    assert.equal(new Set(tries).size, 1, "with the same lease");
    assert.equal(errors.length, 2);
    const { items } = await store.jobs({}, { limit: 1, cursor: null });
    assert.equal(items[0]?.state, "running");
    await host.stop("svc", "me");
    assert.equal((await store.jobs({}, { limit: 1, cursor: null })).items[0]?.state, "ready");
  } finally {
    host.close();
    await store.close();
    await rm(directory, { recursive: true, force: true });
  }
});
