// snapshot-etl end to end: profiles of 3 MB through two workers, profiles of 32 MB against the memory of an idle worker, and the API while both run.
import { join } from "node:path";
import { setImmediate as turn, setTimeout as pause } from "node:timers/promises";
import { nameCodeOf, profileText } from "../../workloads/snapshot-etl/src/generate/profile-text.ts";
import { SIZES, type ProfileShape } from "../../workloads/snapshot-etl/src/generate/sizes.ts";
import { listen } from "../../workloads/snapshot-etl/src/http/listen.ts";
import { startService, type Service } from "../../workloads/snapshot-etl/src/service.ts";
import { readSettings } from "../../workloads/snapshot-etl/src/settings.ts";
import { silentLog } from "../../workloads/snapshot-etl/src/watch/log.ts";
import { atMost, publish } from "../src/harness/report.ts";
import { sized } from "../src/harness/scale.ts";
import { withScratch } from "../src/harness/scratch.ts";
import { latenciesOf, quantile, round } from "../src/harness/statistics.ts";

const MIB = 1024 * 1024;
const ROUNDS = sized({ full: 12, smoke: 4 });
const HUGE_ROUNDS = sized({ full: 2, smoke: 1 });
/** 3.0 MB of troops and pets, nothing left out. */
const THREE: ProfileShape = { ...SIZES.large, troops: 15_000, pets: 4000, history: 0, form: "array", wrap: false };
/** Just below the limit of 32 MiB: half of it rows, half of it a field that nobody knows. */
const LIMIT: ProfileShape = { ...SIZES.huge, troops: 80_000, pets: 20_000, history: 560_000, wrap: false };

interface Measured {
  readonly three: readonly number[];
  /** CPU of the worker, all its threads. */
  readonly threeCpuSeconds: readonly number[];
  readonly threeBytes: number;
  readonly limitSeconds: readonly number[];
  readonly limitBytes: number;
  readonly aboveIdleMib: readonly number[];
  readonly idleMib: number;
  readonly livezMs: readonly number[];
}

await withScratch(async (scratch) => {
  const environment = {
    DB_PATH: join(scratch, "snapshots.db"),
    RUNTIME_DIR: join(scratch, "runtime"),
    ARCHIVE_DIR: join(scratch, "archive"),
    PORT: "0",
    METRICS_PORT: "0",
    WORKER_CONCURRENCY: "2",
    WORKER_NICE: process.env["BENCH_WORKER_NICE"] ?? "10",
    SUMMARY_PER_MINUTE: "0",
  };
  const service = await startService({ settings: readSettings(environment), environment, adopts: true, log: silentLog });
  const door = await listen(service);
  try {
    report(await measure(service, `${door.url}/livez`));
  } finally {
    await door.close();
    await service.stop();
  }
});

async function measure(service: Service, livez: string): Promise<Measured> {
  // Both workers are warm before the clock starts.
  await Promise.all([1, 2].map((n) => take(service, n, SIZES.medium)));
  const watching = new AbortController();
  const watched = watch(livez, watching.signal);
  const three: number[] = [];
  const jobs: string[] = [];
  const unlisten = service.runtime.onEvent((event) => {
    if (event.kind === "attempt.ended") jobs.push(event.jobId);
  });
  for (let begun = 0; begun < ROUNDS; begun += 2) three.push(...(await Promise.all([10 + begun, 11 + begun].map((n) => take(service, n, THREE)))));
  unlisten();
  const threeCpuSeconds = await cpuOf(service, jobs);
  const first = await takeHighmem(service, 1001, SIZES.tiny);
  const idleMib = await idleMemory(service, first.jobId);
  const limits = [];
  for (let index = 0; index < HUGE_ROUNDS; index += 1) limits.push(await takeHighmem(service, 2001 + index, LIMIT));
  watching.abort();
  return {
    three,
    threeCpuSeconds,
    threeBytes: bytesOf(THREE),
    limitSeconds: limits.map(({ seconds }) => seconds),
    limitBytes: bytesOf(LIMIT),
    aboveIdleMib: limits.map(({ peakMib }) => peakMib - idleMib),
    idleMib,
    livezMs: await watched,
  };
}

/** Seconds from the stored payload to the last row. */
async function take(service: Service, n: number, shape: ProfileShape): Promise<number> {
  const begunMs = performance.now();
  const id = await ingest(service, n, shape);
  await service.untilDone(id);
  const row = await service.database.read.selectFrom("hero_snapshots").select("result").where("id", "=", id).executeTakeFirstOrThrow();
  if (row.result !== "success") throw new Error(`snapshot ${id} ended ${row.result}`);
  return (performance.now() - begunMs) / 1000;
}

async function cpuOf(service: Service, jobs: readonly string[]): Promise<number[]> {
  const attempts = await Promise.all(jobs.map((job) => service.runtime.control.attempts(job)));
  return attempts.flatMap((each) => each.map(({ usage }) => usage.cpuSeconds));
}

/** Through the high-memory lane, whatever its size. */
async function takeHighmem(service: Service, n: number, shape: ProfileShape): Promise<{ readonly seconds: number; readonly jobId: string; readonly peakMib: number }> {
  let jobId = "";
  const unlisten = service.runtime.onEvent((event) => {
    if (event.kind === "attempt.started" && event.type === "process_snapshot_highmem") jobId = event.jobId;
  });
  let seconds = await take(service, n, shape);
  if (jobId === "") seconds = await again(service, n);
  unlisten();
  const attempts = await service.runtime.control.attempts(jobId);
  const peak = attempts.at(-1)?.usage.memoryPeakBytes ?? Number.NaN;
  return { seconds, jobId, peakMib: peak / MIB };
}

/** The newest snapshot once more, in the high-memory lane. */
async function again(service: Service, n: number): Promise<number> {
  const begunMs = performance.now();
  const { id } = await service.database.read.selectFrom("hero_snapshots").select("id").where("namecode", "=", nameCodeOf(n)).orderBy("id", "desc").executeTakeFirstOrThrow();
  await service.operations.reprocess(id, "highmem", "bench");
  await service.untilDone(id);
  return (performance.now() - begunMs) / 1000;
}

/** The worker of the high-memory lane, some time after its last job. */
async function idleMemory(service: Service, jobId: string): Promise<number> {
  await pause(2000);
  const attempt = (await service.runtime.control.attempts(jobId)).at(-1);
  const worker = service.runtime.control.workers().find(({ id }) => id === attempt?.workerId);
  if (worker === undefined) throw new Error("the worker of the high-memory lane is gone");
  return worker.memoryBytes / MIB;
}

async function ingest(service: Service, n: number, shape: ProfileShape): Promise<number> {
  async function* body(): AsyncGenerator<Uint8Array> {
    for (const piece of profileText({ n, shape, flaw: "none" })) {
      yield Buffer.from(piece);
      // As a socket would: the loop has a turn between two pieces.
      await turn();
    }
  }
  const about = () => ({ source: "bench", namecode: null, priority: "normal" as const });
  const answer = await service.ingest.accept({ body: body(), about, idempotencyKey: null, correlationId: null });
  return Number(answer.body["snapshot_id"]);
}

function bytesOf(shape: ProfileShape): number {
  let bytes = 0;
  for (const piece of profileText({ n: 1, shape, flaw: "none" })) bytes += piece.length;
  return bytes;
}

async function watch(url: string, signal: AbortSignal): Promise<number[]> {
  const samples: number[] = [];
  while (!signal.aborted) {
    const begunMs = performance.now();
    await (await fetch(url)).text();
    samples.push(performance.now() - begunMs);
    await pause(20);
  }
  return samples;
}

function report({ three, threeCpuSeconds, threeBytes, limitSeconds, limitBytes, aboveIdleMib, idleMib, livezMs }: Measured): void {
  const livez = latenciesOf(livezMs);
  publish({
    name: "snapshots",
    packages: [],
    tables: [
      {
        title: "From the first byte sent to the last row written, s",
        columns: ["", "bytes", "p50", "p95", "max", "profiles"],
        rows: [
          ["3 MB, two at a time", threeBytes, round(quantile(three, 0.5)), round(quantile(three, 0.95)), round(quantile(three, 1)), three.length],
          ["32 MB, high-memory lane", limitBytes, round(quantile(limitSeconds, 0.5)), round(quantile(limitSeconds, 0.95)), round(quantile(limitSeconds, 1)), limitSeconds.length],
        ],
      },
      {
        title: "Memory of the worker's process tree, MiB",
        columns: ["", "idle", "above idle, most"],
        rows: [["32 MB, high-memory lane", round(idleMib), round(Math.max(...aboveIdleMib))]],
      },
      {
        title: "CPU of the worker for one profile, s",
        columns: ["", "p50", "p95"],
        rows: [["3 MB, two at a time", round(quantile(threeCpuSeconds, 0.5)), round(quantile(threeCpuSeconds, 0.95))]],
      },
      { title: "/livez meanwhile, ms", columns: ["", "p50", "p99", "max", "answers"], rows: [["", livez.p50, livez.p99, livez.max, livez.count]] },
    ],
    bars: [
      atMost("3 MB, two workers, p95, s", 2, quantile(three, 0.95)),
      atMost("32 MB: worker above idle, MiB", 64, Math.max(...aboveIdleMib)),
      atMost("/livez p99 meanwhile, ms", 20, livez.p99),
    ],
    notes: [
      "The payload is generated and sent in the same process as the service: its time is part of the figures.",
      "Idle is the same worker two seconds after its first profile, of 1 KB; the budget of its lane is 1024 MB, so nothing forces it to be thrifty.",
    ],
    raw: { three, threeCpuSeconds, limitSeconds, aboveIdleMib, idleMib, livezMs },
  });
}
