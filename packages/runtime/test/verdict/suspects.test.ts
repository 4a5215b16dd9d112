import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { SUSPECTS, type AttemptEvidence, type Autopsy, type FlightSample, type Hypothesis, type MachineState, type Suspect } from "../../src/model/index.ts";
import { decideVerdict } from "../../src/verdict/index.ts";
import { autopsyWith, commandOf, evidenceOf, machineOf, NO_RISES, signalled } from "./evidence-of.ts";

const AT_MS = 1_790_000_000_000;
const MIB = 1024 ** 2;

function sampleAt(afterMs: number, difference: Partial<FlightSample> = {}): FlightSample {
  return {
    atMs: AT_MS + afterMs,
    memoryBytes: 80 * MIB,
    tasks: 12,
    cpuSeconds: null,
    openFiles: null,
    outputBytes: 0,
    progress: null,
    loopSilentMs: 10,
    availableBytes: 4e9,
    memoryStallPercent: 0,
    ...difference,
  };
}

function machineWith(groupKills: number, inode = 7): MachineState {
  return machineOf({ atMs: AT_MS, oomKills: 1, container: { inode, limitBytes: 1e9, usedBytes: 990_000_000, oomKills: groupKills, groupKills } });
}

const LOST: Partial<AttemptEvidence> = { lostOwner: { reason: "supervisor-died", detail: "runtime r_1 ended" } };
const STALLED: Partial<AttemptEvidence> = { intent: { kind: "stall", limit: 5000, observed: 5001, atMs: AT_MS } };
const BLOCKED: Partial<AttemptEvidence> = {
  intent: { kind: "block", limit: 5000, observed: 5001, atMs: AT_MS },
  loop: { silentMs: 5001, stack: ["spin (/srv/job.ts:4:2)"], state: "R", nativeCall: false },
};
const INPUT = { bytes: 9 * MIB, fingerprint: "00", typical: { count: 50, medianBytes: MIB, p95Bytes: 2 * MIB, maxBytes: 3 * MIB } };

function suspect(evidence: AttemptEvidence, name: Suspect): Hypothesis {
  const found = decideVerdict(evidence).hypotheses.find(({ cause }) => cause === name);
  assert.ok(found !== undefined, `${name} was judged`);
  return found;
}

describe("the five suspects of a silent death", () => {
  it("are all judged, in the same order, for every silent end and for no other", () => {
    const silent = [
      commandOf(signalled("SIGKILL")),
      evidenceOf(LOST),
      evidenceOf({ intent: { kind: "time", limit: 1, observed: 2, atMs: 1 } }),
      evidenceOf(STALLED),
      evidenceOf(BLOCKED),
    ];
    for (const evidence of silent) {
      const judged = decideVerdict(evidence).hypotheses.filter(({ cause }) => (SUSPECTS as readonly string[]).includes(cause));
      assert.deepEqual(
        judged.map(({ cause }) => cause),
        [...SUSPECTS],
      );
    }
    const told = decideVerdict(evidenceOf({ report: { kind: "returned", resultBytes: 0 } }));
    assert.equal(told.hypotheses.length, 0);
  });

  it("memory: proven when the kernel killed the container as a whole, and only in the same container", () => {
    const killed = autopsyWith({ machineBefore: machineWith(0), machineAfter: machineWith(1), curve: [sampleAt(0)] });
    const found = suspect(evidenceOf({ ...LOST, autopsy: killed }), "memory-exhaustion");
    assert.equal(found.confidence, "proven");
    assert.ok(found.for.some(({ source }) => source === "cgroup oom_group_kill rise"));
    const elsewhere = autopsyWith({ machineBefore: machineWith(0), machineAfter: machineWith(1, 8), curve: [sampleAt(0)] });
    assert.notEqual(suspect(evidenceOf({ ...LOST, autopsy: elsewhere }), "memory-exhaustion").confidence, "proven");
  });

  it("memory: a rise of the machine's counter makes it likely, a counter that stood still rules it out", () => {
    const at = (machineOomKill: number | null) => suspect(commandOf({ ...signalled("SIGKILL"), kernel: { ...NO_RISES, machineOomKill } }), "memory-exhaustion").confidence;
    assert.equal(at(1), "likely");
    assert.equal(at(0), "ruled-out");
    assert.equal(at(null), "unsupported");
    assert.equal(suspect(commandOf({ ...signalled("SIGTERM") }), "memory-exhaustion").confidence, "ruled-out");
  });

  it("memory: the machine's shortage at the last sample is told with its source", () => {
    const short = autopsyWith({ machineBefore: machineWith(0), curve: [sampleAt(0, { availableBytes: 10_000_000, memoryStallPercent: 42 })] });
    const found = suspect(evidenceOf({ ...LOST, autopsy: short }), "memory-exhaustion");
    assert.equal(found.confidence, "possible");
    assert.ok(found.for.some(({ value }) => value === 42));
    assert.ok(found.for.every(({ source }) => source !== ""));
  });

  it("time: ours is proven by the intent; somebody else's shows by its signal or by a round time", () => {
    const timeOf = (evidence: AttemptEvidence) => suspect(evidence, "time-limit").confidence;
    assert.equal(timeOf(evidenceOf({ intent: { kind: "time", limit: 60_000, observed: 60_001, atMs: 1 } })), "proven");
    assert.equal(timeOf(evidenceOf(STALLED)), "ruled-out");
    assert.equal(timeOf(commandOf(signalled("SIGXCPU"))), "likely");
    const usage = { ...commandOf().usage, wallSeconds: 30.1 };
    assert.equal(timeOf(commandOf({ ...signalled("SIGTERM"), usage })), "possible");
    assert.equal(timeOf(commandOf(signalled("SIGTERM"))), "unsupported");
  });

  it("lock: needs a line or a frame that speaks of it; a process that computes does not wait", () => {
    const lockOf = (difference: Partial<AttemptEvidence>) => suspect(evidenceOf({ ...STALLED, ...difference }), "database-lock").confidence;
    assert.equal(lockOf({ logTail: ["retrying: database is locked"] }), "likely");
    assert.equal(lockOf({}), "unsupported");
    const usage = { ...evidenceOf().usage, wallSeconds: 10, cpuSeconds: 9.5 };
    assert.equal(lockOf({ usage }), "ruled-out");
    assert.equal(lockOf({ usage, logTail: ["database is locked"] }), "possible");
  });

  it("lock: a frame speaks of a database only where libraries are installed, whatever the job's own folders are called", () => {
    const lockAt = (frame: string) => suspect(evidenceOf({ ...BLOCKED, loop: { silentMs: 5001, stack: [frame], state: "S", nativeCall: false } }), "database-lock").confidence;
    assert.equal(lockAt("wait (/home/me/postgres-tools/jobs/wait.ts:3:1)"), "unsupported");
    assert.equal(lockAt("sqliteLike (/srv/app/pg/knex.ts:3:1)"), "unsupported");
    assert.equal(lockAt("run (/srv/app/node_modules/better-sqlite3/lib/methods/wrappers.js:5:1)"), "likely");
    assert.equal(lockAt("query (/srv/node_modules/.pnpm/pg@8.1.0/node_modules/pg/lib/client.js:5:1)"), "likely");
  });

  it("input: compared with the inputs of its type that succeeded", () => {
    const inputOf = (input: Autopsy["input"]) => suspect(evidenceOf({ ...STALLED, autopsy: autopsyWith({ input }) }), "oversized-input").confidence;
    assert.equal(inputOf(INPUT), "likely");
    assert.equal(inputOf({ ...INPUT, bytes: 2.5 * MIB }), "possible");
    assert.equal(inputOf({ ...INPUT, bytes: MIB }), "ruled-out");
    assert.equal(inputOf({ ...INPUT, bytes: 200, typical: null }), "ruled-out");
    assert.equal(inputOf({ ...INPUT, bytes: MIB, typical: null }), "unsupported");
    assert.equal(inputOf({ ...INPUT, bytes: 200 * MIB, typical: null }), "possible");
    assert.equal(inputOf(null), "unsupported");
  });

  it("loop: a thread that did not come back speaks for it, one that waits against it", () => {
    assert.equal(suspect(evidenceOf(BLOCKED), "endless-loop").confidence, "likely");
    assert.equal(suspect(evidenceOf(STALLED), "endless-loop").confidence, "ruled-out");
    const spun = autopsyWith({ curve: [sampleAt(0, { cpuSeconds: 1 }), sampleAt(4000, { cpuSeconds: 4.9, loopSilentMs: 4000 })] });
    const found = suspect(evidenceOf({ ...LOST, autopsy: spun }), "endless-loop");
    assert.equal(found.confidence, "likely");
    assert.ok(found.for.some(({ value }) => value === 0.97 || value === 0.98));
  });

  it("little CPU is waiting only of a thread that did not want more", () => {
    const little = autopsyWith({ curve: [sampleAt(0, { cpuSeconds: 1 }), sampleAt(4000, { cpuSeconds: 1.1, loopSilentMs: 4000 })] });
    const loop = { silentMs: 5001, stack: ["spin (/srv/job.ts:4:2)"], state: "R", nativeCall: false };
    const starved = evidenceOf({ ...BLOCKED, loop, autopsy: little, logTail: ["database is locked"] });
    assert.equal(suspect(starved, "endless-loop").confidence, "likely");
    assert.deepEqual(suspect(starved, "endless-loop").against, []);
    assert.equal(suspect(starved, "database-lock").for.length, 1, "the line of the log alone");
    const waiting = evidenceOf({ ...BLOCKED, loop: { ...loop, state: "S" }, autopsy: little, logTail: ["database is locked"] });
    assert.equal(suspect(waiting, "endless-loop").confidence, "possible");
    assert.equal(suspect(waiting, "database-lock").for.length, 2);
  });

  it("of a lost attempt the verdict says what was seen last, and never names memory as the cause", () => {
    const full = autopsyWith({ machineBefore: machineWith(0), machineAfter: machineWith(1), curve: [sampleAt(0, { memoryBytes: 900 * MIB })] });
    const verdict = decideVerdict(evidenceOf({ ...LOST, autopsy: full }));
    assert.equal(verdict.cause, "lost");
    assert.ok(verdict.evidence.some(({ fact, value }) => fact.startsWith("memory of the tree at the last sample") && value === 900 * MIB));
    assert.ok(verdict.evidence.some(({ fact, value }) => fact.startsWith("memory limit of the container") && value === 1e9));
  });
});
