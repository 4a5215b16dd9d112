// Measures the embedded store on this machine: `node packages/runtime/test/store/bench-store.ts`. Not a test; figures are only worth something beside each other.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { newId, silentLogger, systemChance, systemClock } from "../../src/platform/index.ts";
import { openEmbeddedStore, type Store } from "../../src/store/index.ts";
import { makeJob, makeSettlement } from "../conformance/make.ts";

const dataDir = await mkdtemp(join(tmpdir(), "cofferdam-bench-"));
const store = await openEmbeddedStore({ dataDir, clock: systemClock, chance: systemChance, logger: silentLogger });
try {
  await enqueueSingles(store, 2000, 100);
  await enqueueSingles(store, 40_000, 200);
  await enqueueBulk(store, 40, 1000);
  await drain(store, 64, 2);
  for (const callers of [1, 16]) await enqueueSingles(store, callers * 1000, callers);
  await drain(store, 16, 1);
  await list(store);
} finally {
  await store.close();
  await rm(dataDir, { recursive: true });
}

async function enqueueSingles(store: Store, jobs: number, callers: number): Promise<void> {
  let left = jobs;
  await timed(`enqueue one by one, ${callers} callers`, jobs, () =>
    Promise.all(
      Array.from({ length: callers }, async () => {
        while (left-- > 0) await store.enqueue([newJob()]);
      }),
    ),
  );
}

async function enqueueBulk(store: Store, batches: number, size: number): Promise<void> {
  await timed(`enqueue in bulk of ${size}`, batches * size, async () => {
    for (let batch = 0; batch < batches; batch += 1) await store.enqueue(Array.from({ length: size }, newJob));
  });
}

async function drain(store: Store, limit: number, claimers: number): Promise<void> {
  const counts = await store.counts();
  const ready = counts.reduce((sum, each) => sum + (each.state === "ready" ? each.count : 0), 0);
  await timed(`claim + settle, ${claimers} claimers of ${limit}`, ready, () =>
    Promise.all(
      Array.from({ length: claimers }, async () => {
        for (;;) {
          const leases = await store.claim({ lane: "default", limit, perType: new Map(), nowMs: Date.now(), owner: "bench" });
          if (leases.length === 0) return;
          await store.settle(leases.map((lease) => makeSettlement(lease, { kind: "complete" }, Date.now())));
        }
      }),
    ),
  );
}

async function list(store: Store): Promise<void> {
  await timed("list 50 jobs", 1, () => store.jobs({}, { limit: 50, cursor: null }));
  await timed("search a text that is nowhere", 1, () => store.jobs({ text: "nowhere" }, { limit: 50, cursor: null }));
  await timed("counts", 1, () => store.counts());
  await timed("type statistics", 1, () => store.typeStats(0));
}

function newJob() {
  const nowMs = Date.now();
  return makeJob({ id: newId("job", nowMs, systemChance), createdAtMs: nowMs, runAtMs: nowMs, input: '{"path":"/reports/nightly.xml","release":"1.2.3"}' });
}

async function timed(name: string, count: number, work: () => Promise<unknown>): Promise<void> {
  const startMs = performance.now();
  await work();
  const ms = performance.now() - startMs;
  console.log(`${name.padEnd(40)} ${String(Math.round((count / ms) * 1000)).padStart(9)}/s  (${ms.toFixed(0)} ms)`);
}
