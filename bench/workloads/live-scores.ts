// live-scores with ten matches and faults for half an hour (--minutes N): how fresh, how many threads and processes, how much memory, what was missed or said twice,
// all from outside: the service is a process of its own, and the site's own log is what it is compared with.
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";
import { startStandIn, type ScoreStandIn } from "../../workloads/live-scores/src/stand-in/site.ts";
import { atMost, publish } from "../src/harness/report.ts";
import { sized } from "../src/harness/scale.ts";
import { withScratch } from "../src/harness/scratch.ts";
import { median, quantile, round } from "../src/harness/statistics.ts";

const MIB = 1024 * 1024;
const MATCHES = 10;
const MINUTES = readMinutes();
const SAMPLE_MS = 1000;
/** All pollers are there, and each has answered. */
const WARM_UP_MS = 40_000;
const FAULT_EVERY_MS = 15_000;
const KILL_EVERY_MS = sized({ full: 180_000, smoke: 45_000 });
const FREEZE_MINUTES_MIN = 20;
const PROGRAM = join(import.meta.dirname, "../../workloads/live-scores/src/cli.ts");

interface Sample {
  readonly atMs: number;
  readonly stalenessSeconds: readonly number[];
  readonly tasks: number;
  readonly memoryMib: number;
  readonly healthMs: number;
  readonly restarts: number;
}

interface Said {
  readonly match_id: string;
  readonly seq: number;
  readonly group: string;
  readonly payload: { readonly current_ball?: { readonly code: string }; readonly innings?: readonly { readonly text: string }[] };
}

await withScratch(async (scratch) => {
  const site = await startStandIn({ port: 0, matches: MATCHES });
  const service = spawn(process.execPath, [PROGRAM, "--json", "serve"], {
    env: { ...process.env, ...site.environment, DB_PATH: join(scratch, "scores.db"), PORT: "0", PROMETHEUS_PORT: "0" },
    stdio: ["ignore", "pipe", "ignore"],
  });
  try {
    const url = await readyUrl(service);
    const listening = new AbortController();
    const said: Said[] = [];
    const heard = listen(`${url}/events`, said, listening.signal);
    // It is looked at when it is awaited: a stream that breaks must not keep the service from being ended.
    heard.catch(() => undefined);
    await pause(WARM_UP_MS);
    const troubling = new AbortController();
    const trouble = makeTrouble(site, service.pid ?? 0, troubling.signal);
    trouble.catch(() => undefined);
    const samples = await sample(url, service.pid ?? 0, MINUTES * 60_000);
    troubling.abort();
    const faults = await trouble;
    listening.abort();
    await heard;
    report({ site, samples, said, faults });
  } finally {
    service.kill("SIGTERM");
    await once(service, "exit");
    await site.close();
  }
});

async function readyUrl({ stdout }: ChildProcess): Promise<string> {
  if (stdout === null) throw new Error("the service has no output");
  for await (const line of createInterface({ input: stdout })) {
    const said = JSON.parse(line) as { readonly ready?: boolean; readonly url?: string };
    if (said.ready === true && said.url !== undefined) return said.url;
  }
  throw new Error("the service has not come up");
}

/** Everything that is emitted, over one connection that is never cut. */
async function listen(url: string, said: Said[], signal: AbortSignal): Promise<void> {
  const response = await fetch(url, { signal });
  if (response.body === null) throw new Error("no stream");
  try {
    for await (const line of linesOf(response.body)) if (line.startsWith("data: ")) said.push(JSON.parse(line.slice(6)) as Said);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

async function* linesOf(body: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const piece of body) {
    const lines = (rest + decoder.decode(piece, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
}

/** One fault after the other, on one match after the other; now and then a poller is killed, once one is frozen. */
async function makeTrouble(site: ScoreStandIn, root: number, signal: AbortSignal): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>();
  const count = (name: string): void => void counts.set(name, (counts.get(name) ?? 0) + 1);
  const kinds = ["slow", "reset", "503", "malformed", "403", "hang", "huge", "truncated"];
  // A frozen poller is found after 30 s: in a short run that alone would be more than one sample in a hundred.
  let isFrozen = MINUTES < FREEZE_MINUTES_MIN;
  for (let turn = 0; !signal.aborted; turn += 1) {
    const match = `M${String((turn % MATCHES) + 1).padStart(2, "0")}`;
    const fault = kinds[turn % kinds.length] ?? "slow";
    site.order({ path: "/v10/sV3.php", match, fault, count: 1, ms: 2000 });
    count(fault);
    if (turn > 0 && turn % (KILL_EVERY_MS / FAULT_EVERY_MS) === 0) {
      // The youngest are pollers; those before them wait for work.
      const victim = workersOf(root).at(-1 - (turn % MATCHES));
      if (victim !== undefined) process.kill(victim, isFrozen ? "SIGKILL" : "SIGSTOP");
      count(isFrozen ? "worker killed" : "worker frozen");
      isFrozen = true;
    }
    await pause(FAULT_EVERY_MS, undefined, { signal }).catch(() => undefined);
  }
  return counts;
}

async function sample(url: string, root: number, forMs: number): Promise<readonly Sample[]> {
  const samples: Sample[] = [];
  const endMs = performance.now() + forMs;
  for (let nextMs = performance.now(); nextMs < endMs; nextMs += SAMPLE_MS) {
    await pause(Math.max(0, nextMs - performance.now()));
    const begunMs = performance.now();
    const { data } = (await (await fetch(`${url}/health`)).json()) as {
      readonly data: { readonly scrapers: readonly { readonly staleness_seconds: number; readonly restarts: number }[] };
    };
    const healthMs = performance.now() - begunMs;
    const family = familyOf(root);
    samples.push({
      atMs: performance.now(),
      stalenessSeconds: data.scrapers.map(({ staleness_seconds }) => staleness_seconds),
      tasks: family.reduce((sum, pid) => sum + tasksOf(pid), 0),
      memoryMib: family.reduce((sum, pid) => sum + memoryOf(pid), 0) / MIB,
      healthMs,
      restarts: data.scrapers.reduce((sum, { restarts }) => sum + restarts, 0),
    });
  }
  return samples;
}

interface Found {
  readonly site: ScoreStandIn;
  readonly samples: readonly Sample[];
  readonly said: readonly Said[];
  readonly faults: ReadonlyMap<string, number>;
}

function report({ site, samples, said, faults }: Found): void {
  const keys = Array.from({ length: MATCHES }, (_, index) => `M${String(index + 1).padStart(2, "0")}`);
  const compared = keys.map((key) => compare(site, key, said));
  const sumOf = (pick: (each: Compared) => number): number => compared.reduce((sum, each) => sum + pick(each), 0);
  const staleness = samples.flatMap(({ stalenessSeconds }) => stalenessSeconds);
  const third = Math.floor(samples.length / 3);
  const memory = { first: median(samples.slice(0, third).map(({ memoryMib }) => memoryMib)), last: median(samples.slice(-third).map(({ memoryMib }) => memoryMib)) };
  const drift = (memory.last / memory.first - 1) * 100;
  const tasks = samples.map((each) => each.tasks);
  const health = samples.map(({ healthMs }) => healthMs);
  publish({
    name: "live-scores",
    packages: [],
    tables: [
      {
        title: `${MATCHES} matches for ${MINUTES} minutes`,
        columns: ["", "p50", "p99", "max"],
        rows: [
          ["staleness, s", round(quantile(staleness, 0.5)), round(quantile(staleness, 0.99)), round(quantile(staleness, 1))],
          ["threads and processes of the service", quantile(tasks, 0.5), quantile(tasks, 0.99), quantile(tasks, 1)],
          ["`/health`, ms", round(quantile(health, 0.5)), round(quantile(health, 0.99)), round(quantile(health, 1))],
        ],
      },
      {
        title: "What the site told and what was emitted",
        columns: ["", "told", "emitted", "missed", "doubled", "gaps in the numbers"],
        rows: [
          [
            "changes of the score",
            sumOf(({ told }) => told),
            sumOf(({ emitted }) => emitted),
            sumOf(({ missed }) => missed),
            sumOf(({ doubled }) => doubled),
            sumOf(({ gaps }) => gaps),
          ],
        ],
      },
      {
        title: "Memory of the whole tree, MiB (median)",
        columns: ["", "first third", "last third", "drift, %"],
        rows: [["anonymous and shared", round(memory.first), round(memory.last), round(drift)]],
      },
      { title: "Faults", columns: ["fault", "times"], rows: [...faults, ["restarts of pollers", samples.at(-1)?.restarts ?? 0]] },
    ],
    bars: [
      atMost("staleness p99, s", 5, quantile(staleness, 0.99)),
      atMost("threads and processes of the service, most", 149, quantile(tasks, 1)),
      atMost("memory drift, %", 10, drift),
      atMost(
        "missed changes of the score",
        0,
        sumOf(({ missed }) => missed),
      ),
      atMost(
        "doubled changes of the score",
        0,
        sumOf(({ doubled }) => doubled),
      ),
    ],
    notes: [
      "Staleness, threads and memory are sampled once a second; every fault hits one answer of one match, one every 15 s.",
      "A change is missed when the site has told it to its end at least once, twice as a rule, and it was never emitted.",
    ],
    raw: { minutes: MINUTES, compared, samples: samples.map(({ stalenessSeconds, tasks: count, memoryMib }) => [Math.max(...stalenessSeconds), count, Math.round(memoryMib)]) },
  });
}

interface Compared {
  readonly told: number;
  readonly emitted: number;
  readonly missed: number;
  readonly doubled: number;
  readonly gaps: number;
}

function compare(site: ScoreStandIn, key: string, said: readonly Said[]): Compared {
  const mine = said.filter(({ match_id }) => match_id === key);
  const emitted = mine.filter(({ group }) => group === "score").map(({ payload }) => JSON.stringify([payload.innings?.map(({ text }) => text), payload.current_ball?.code]));
  const balls = site.told(key).map(({ innings, ball }) => JSON.stringify([innings, ball]));
  // The last ball may have been told after the last emission was heard.
  const told = [...new Set(balls.slice(0, -1))];
  const seqs = mine.map(({ seq }) => seq);
  return {
    told: told.length,
    emitted: emitted.length,
    missed: told.filter((ball) => !emitted.includes(ball)).length,
    doubled: emitted.length - new Set(emitted).size,
    gaps: seqs.filter((seq, index) => index > 0 && seq !== (seqs[index - 1] ?? 0) + 1).length,
  };
}

function familyOf(root: number): number[] {
  const parents = new Map(
    readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name))
      .map((name) => [Number(name), parentOf(Number(name))] as const),
  );
  const isMember = (pid: number): boolean => {
    for (let at: number | null | undefined = pid; at !== undefined && at !== null && at > 1; at = parents.get(at)) if (at === root) return true;
    return false;
  };
  return [...parents.keys()].filter(isMember);
}

/** Node processes below the service, the youngest last; not the shells that hold their namespaces. */
function workersOf(root: number): number[] {
  return familyOf(root)
    .filter((pid) => pid !== root && tasksOf(pid) > 1)
    .sort((a, b) => a - b);
}

function parentOf(pid: number): number | null {
  const [, parent] = readText(`/proc/${pid}/stat`)
    .replace(/^.*\) /s, "")
    .split(" ");
  return parent === undefined ? null : Number(parent);
}

function tasksOf(pid: number): number {
  return Number(/^Threads:\s+(\d+)/m.exec(readText(`/proc/${pid}/status`))?.[1] ?? 0);
}

function memoryOf(pid: number): number {
  const status = readText(`/proc/${pid}/status`);
  return ["RssAnon", "RssShmem"].reduce((sum, name) => sum + Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(status)?.[1] ?? 0), 0) * 1024;
}

function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

function readMinutes(): number {
  const at = process.argv.indexOf("--minutes");
  const minutes = at < 0 ? sized({ full: 30, smoke: 1 }) : Number(process.argv[at + 1]);
  if (!(minutes > 0)) throw new Error("--minutes: a number above 0");
  return minutes;
}
