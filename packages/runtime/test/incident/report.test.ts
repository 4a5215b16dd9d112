import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { buildReport, curveSvg, curveText, renderMarkdown, type IncidentReport } from "../../src/incident/index.ts";
import type { AttemptEvidence, AttemptRecord, Autopsy, FlightSample, IncidentRecord, JobRecord } from "../../src/model/index.ts";
import { decideVerdict } from "../../src/verdict/index.ts";
import { makeSettlement } from "../conformance/make.ts";
import { commandOf, evidenceOf, signalled, threw } from "../verdict/evidence-of.ts";
import { makeLease } from "./make-lease.ts";

const AT_MS = 1_790_000_000_000;
const MIB = 1024 ** 2;

const CURVE: readonly FlightSample[] = Array.from({ length: 10 }, (_, second) => ({
  atMs: AT_MS + second * 1000,
  memoryBytes: (100 + second * 50) * MIB,
  tasks: 14,
  cpuSeconds: second,
  openFiles: 30,
  outputBytes: 100,
  progress: second * 10,
  loopSilentMs: 12,
  availableBytes: 3e9,
  memoryStallPercent: 0.5,
}));

const AUTOPSY: Autopsy = {
  curve: CURVE,
  curveSource: "memory",
  tree: {
    atMs: AT_MS + 9000,
    processes: [{ pid: 7, parentPid: 1, command: "node <script>alert(1)</script>", state: "R", threads: 11, memoryBytes: 500 * MIB, cpuSeconds: 8.25 }],
    more: 0,
    taken: "at-the-end",
  },
  machineBefore: null,
  machineAfter: null,
  kernelLog: null,
  logTail: ["row 17 of 90", "``` not a fence"],
  checkpoint: { atMs: AT_MS + 8000, bytes: 2048 },
  progressAtMs: AT_MS + 8500,
  input: { bytes: 4096, fingerprint: "44136fa355b3678a", typical: { count: 9, medianBytes: 2000, p95Bytes: 3000, maxBytes: 4000 } },
  neighbours: [{ jobId: "j_2", attemptId: "a_2", type: "other", lane: "default", startedAtMs: AT_MS, sameWorker: false }],
  release: "r7",
};

function overMemory(difference: Partial<AttemptRecord> = {}): AttemptRecord {
  const evidence = evidenceOf({
    intent: { kind: "memory", limit: 512 * MIB, observed: 550 * MIB, atMs: AT_MS + 9000 },
    usage: { wallSeconds: 9, cpuSeconds: 8.25, memoryPeakBytes: 550 * MIB, pidsPeak: 14, outputBytes: 100, memoryMethod: "cgroup" },
    autopsy: AUTOPSY,
  });
  const { attempt } = makeSettlement(makeLease(), { kind: "quarantine", counts: "death", reason: "x" }, AT_MS + 9100);
  return { ...attempt, startedAtMs: AT_MS, verdict: decideVerdict(evidence), usage: evidence.usage, budget: evidence.budget, autopsy: AUTOPSY, ...difference };
}

const INCIDENT: IncidentRecord = {
  id: `i_${"5".repeat(32)}`,
  scope: "type",
  name: "report.import",
  type: "report.import",
  lane: "default",
  cause: "over-memory",
  signature: "",
  title: "report.import: over-memory",
  state: "open",
  firstSeenAtMs: AT_MS - 1000,
  lastSeenAtMs: AT_MS + 9100,
  count: 3,
  lostSeconds: 27.5,
  lastAttemptId: "a_1",
  lastJobId: "j_1",
  releases: ["r6", "r7"],
  resolvedAtMs: null,
  resolvedInRelease: null,
  notes: [{ atMs: AT_MS + 9500, by: "ana", text: "looking\n# not a heading" }],
};

function reportOf(difference: Partial<Parameters<typeof buildReport>[0]> = {}): IncidentReport {
  return buildReport({ incident: INCIDENT, attempt: overMemory(), job: null, occurrences: [], around: [], recent: [], validations: [], ...difference });
}

describe("the report of an incident", () => {
  it("says every number beside the place where it was read", () => {
    const lines = renderMarkdown(reportOf(), "text").split("\n");
    const untold: string[] = [];
    let isFenced = false;
    for (const line of lines) {
      if (/^`{3,}/.test(line)) isFenced = !isFenced;
      else if (!isFenced && /\d/.test(line.replace(/^#.*/, "").replace(/Similar in the last 7 days/, "")) && !/\[[^\]]+\]$/.test(line)) untold.push(line);
    }
    // Sentences repeat numbers of the facts below them; each of those has its line.
    const sentences = untold.filter((line) => !line.startsWith("-") && !line.startsWith("  -"));
    assert.deepEqual(
      untold.filter((line) => !sentences.includes(line) && !line.startsWith("- 20")),
      [],
    );
    const told = lines.filter((line) => /\[[^\]]+\]$/.test(line)).join("\n");
    for (const sentence of sentences)
      for (const [number] of sentence.matchAll(/\d+(?:\.\d+)?/g))
        assert.ok(told.includes(number) || lines.some((line) => line.startsWith("-") && line.includes(number)), `${number} of "${sentence}" has a source`);
  });

  it("warns that a larger budget only delays the end while memory still grows", () => {
    const { recommendation, trigger } = reportOf();
    assert.match(recommendation.text, /still grew by 50 MiB a second/);
    assert.ok(recommendation.numbers.some(({ value }) => value === 50 * MIB));
    assert.ok(trigger.some(({ fact, value }) => fact.startsWith("memory growth") && value === 50 * MIB));
  });

  it("suggests a budget with its numbers when memory stood still", () => {
    const flat = CURVE.map((sample) => ({ ...sample, memoryBytes: 500 * MIB }));
    const { recommendation } = reportOf({ attempt: overMemory({ autopsy: { ...AUTOPSY, curve: flat } }) });
    assert.match(recommendation.text, /raise budget\.memory to 832 MiB \(1\.5 times the peak or the budget, whichever is more/);
    assert.ok(recommendation.numbers.some(({ value }) => value === 832 * MIB));
  });

  it("tells the timeline in order, with the marks of the memory", () => {
    const { timeline } = reportOf();
    assert.deepEqual(
      timeline.map(({ atMs }) => atMs),
      timeline.map(({ atMs }) => atMs).sort((a, b) => a - b),
    );
    assert.ok(timeline.some(({ text }) => text.startsWith("memory passed 50 % of its budget")));
    assert.ok(timeline.at(-1)?.text.startsWith("it ended: over-memory"));
  });

  it("names neighbours that were hurt, and only those that died at about the same time", () => {
    const dead = { ...overMemory(), id: "a_9", jobId: "j_9", type: "victim", endedAtMs: AT_MS + 10_000 };
    const later = { ...dead, id: "a_8", endedAtMs: AT_MS + 60_000 };
    const fine = { ...dead, id: "a_7", verdict: { ...dead.verdict, cause: "succeeded" as const } };
    const report = reportOf({ around: [dead, later, fine] });
    assert.deepEqual(
      report.hurt.map(({ attemptId }) => attemptId),
      ["a_9"],
    );
    assert.match(renderMarkdown(report, "text"), /hurt: victim/);
    const many = reportOf({ around: Array.from({ length: 101 }, (_, index) => ({ ...dead, id: `a_${100 + index}` })) });
    assert.equal(many.hurt.length, 100);
    assert.ok(many.impact.some(({ value }) => value === "more than 100"));
  });

  it("says that the next attempt begins from the start only when nobody knows of a checkpoint", () => {
    const checkpointOf = (job: JobRecord | null, autopsy: Partial<Autopsy> = { checkpoint: null }) =>
      reportOf({ attempt: overMemory({ autopsy: { ...AUTOPSY, ...autopsy } }), job }).impact.find(({ fact }) => fact === "last checkpoint")?.value;
    const job = { state: "ready", hasCheckpoint: false, createdAtMs: AT_MS } as JobRecord;
    assert.equal(checkpointOf(job), "none: the next attempt begins from the start");
    assert.equal(checkpointOf({ ...job, hasCheckpoint: true }), "none is known of this attempt; the job has one");
    assert.equal(checkpointOf({ ...job, state: "succeeded" }), "none is kept");
    assert.equal(checkpointOf(null), "none is kept");
    assert.equal(checkpointOf(null, {}), new Date(AT_MS + 8000).toISOString());
  });

  it("finds similar incidents: the same error elsewhere before the same cause here", () => {
    const incident = { ...INCIDENT, signature: "Error: no price" };
    const other = { ...incident, id: "i_other", type: "report.export" };
    const here = { ...INCIDENT, id: "i_here", signature: "x" };
    const unlike = { ...INCIDENT, id: "i_unlike", type: "third", cause: "failed" as const };
    assert.deepEqual(
      reportOf({ incident, recent: [here, unlike, other, incident] }).similar.map(({ id }) => id),
      ["i_other", "i_here"],
    );
    const nameless = { ...other, signature: "" };
    assert.deepEqual(reportOf({ recent: [nameless] }).similar, [], "the same budget broken elsewhere is not the same trouble");
  });

  it("still says what it knows when the last attempt has passed its retention", () => {
    const text = renderMarkdown(reportOf({ attempt: null }), "text");
    assert.match(text, /has passed its retention/);
    assert.match(text, /seen: 3 times/);
  });

  it("lets nothing that a program said become markup or close a fence", () => {
    const text = renderMarkdown(reportOf({ incident: { ...INCIDENT, title: "a <img src=x> `b` | c" } }), "svg");
    assert.doesNotMatch(text, /(?<!\\)<img/, "the title is escaped");
    assert.match(text, /^````text\nrow 17 of 90\n``` not a fence\n````$/m);
    assert.match(text, /ana: looking # not a heading/);
  });
});

describe("what a report recommends", () => {
  const advice = (given: AttemptEvidence): string => {
    const evidence = { ...given, autopsy: { ...AUTOPSY, curve: CURVE.map((sample) => ({ ...sample, memoryBytes: 300 * MIB })) } };
    const verdict = decideVerdict(evidence);
    const attempt = { ...overMemory(), verdict, usage: evidence.usage, budget: evidence.budget, autopsy: evidence.autopsy };
    return reportOf({ incident: { ...INCIDENT, cause: verdict.cause }, attempt }).recommendation.text;
  };
  const loop = (state: string, difference: Partial<AttemptEvidence["loop"]> = {}) => ({ loop: { silentMs: 10_004, stack: [], state, nativeCall: false, ...difference } });
  const limit = (kind: "block" | "stall" | "time", stage?: string) => ({ intent: { kind, limit: 10_000, observed: 10_004, atMs: 5, ...(stage === undefined ? {} : { stage }) } });

  it("no larger budget for what no budget changes", () => {
    const refused = advice(evidenceOf({ ...signalled("SIGTRAP"), logTail: ["# Fatal JavaScript invalid size error 169220804"] }));
    assert.match(refused, /^No budget changes this/);
    const thread = advice(evidenceOf(threw("Worker terminated due to reaching memory limit: JS heap out of memory", "ERR_WORKER_OUT_OF_MEMORY")));
    assert.match(thread, /resourceLimits/);
    assert.doesNotMatch(refused + thread, /budget\.memory/);
  });

  it("to look for who stopped a process that was held, whatever limit that broke", () => {
    for (const kind of ["block", "stall", "time"] as const) assert.match(advice(evidenceOf({ ...limit(kind), ...loop("T") })), /SIGSTOP/);
    assert.match(advice(commandOf({ ...limit("stall"), ...loop("T") })), /SIGSTOP/);
    assert.match(advice(evidenceOf({ ...limit("stall"), ...loop("S", { silentMs: 10 }) })), /without a time limit/);
  });

  it("where to look in a blocked loop only as far as that was seen", () => {
    const blocked = (state: string, difference = {}) => advice(evidenceOf({ ...limit("block"), ...loop(state, difference) }));
    assert.match(blocked("R", { stack: ["spin (/srv/job.ts:4:2)"] }), /first frame/);
    assert.match(blocked("R", { nativeCall: true }), /^It hung inside a native call/);
    assert.match(blocked("S"), /^It waited inside a native call/);
    assert.match(blocked("R"), /could not be read/);
  });

  it("the limit that was broken, not the attempt's when it was a stage's", () => {
    const budget = { ...evidenceOf().budget, timeMs: 900_000 };
    const ofStage = advice(evidenceOf({ budget, ...limit("time", "fetch"), stages: [{ name: "fetch", budgetMs: 10_000, elapsedMs: 10_004, state: "cut" }] }));
    assert.match(ofStage, /raise the time of stage fetch above 10 s/);
    assert.match(advice(evidenceOf({ budget, ...limit("time") })), /raise budget\.time above 15 min/);
  });
});

describe("the memory curve", () => {
  it("is one line of text that ends at the budget", () => {
    const line = curveText(CURVE, 550 * MIB, 20);
    assert.match(line, /^[▁▂▃▄▅▆▇█]{20} peak 550 MiB of 550 MiB, 9\.0 s$/);
    assert.ok(line.startsWith("▂") && line[19] === "█");
  });

  it("is an SVG with one point for each sample and the budget's line", () => {
    const svg = curveSvg(CURVE, 512 * MIB);
    assert.equal(svg.match(/points="([^"]*)"/)?.[1]?.split(" ").length, CURVE.length);
    assert.match(svg, /budget 512 MiB/);
    assert.match(svg, /^<svg [^>]*viewBox[^]*<\/svg>$/);
    assert.ok(!svg.includes("\n"));
  });

  it("is nothing without two points", () => {
    assert.equal(curveSvg(CURVE.slice(0, 1), null), "");
    assert.equal(curveText([], null), "");
  });
});
