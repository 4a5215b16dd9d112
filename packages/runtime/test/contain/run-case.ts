import assert from "node:assert/strict";
import { randomInt } from "node:crypto";
import { Writable } from "node:stream";
import { contain, type ContainOptions, type Outcome } from "../../src/contain.ts";
import { programFile, type Expected, type ProgramCase } from "../programs/model.ts";
import { findCgroups, findProcesses, findScratch } from "./traces.ts";

export type Tier = "auto" | "cgroup" | "pidns" | "scan";

/** A number that stands in every command line of one case, and nowhere else on the machine. */
export function newMarker(): string {
  return String(1_000_000_000 + randomInt(900_000_000));
}

export async function runCase(program: ProgramCase, tier: Tier, marker: string): Promise<Outcome> {
  const cancel = new AbortController();
  const onReady = (): void => {
    if (program.action === "cancel") cancel.abort(new Error("enough"));
  };
  const options: ContainOptions = {
    tier,
    graceMs: program.graceMs,
    budget: program.budget,
    env: { ...process.env, TEST_MARKER: marker },
    signal: cancel.signal,
    onProgress: onReady,
    stdout: new Writable({
      write(_chunk, _encoding, done) {
        onReady();
        done();
      },
    }),
  };
  const file = programFile(program.program);
  return contain(program.run.kind === "module" ? { ...options, module: file, input: { marker } } : { ...options, command: program.run.command(file, marker) });
}

export function checkOutcome(outcome: Outcome, expected: Expected, marker: string): void {
  const { verdict, exit, leaks } = outcome;
  const said = JSON.stringify(verdict);
  assert.equal(verdict.cause, expected.cause, said);
  assert.equal(verdict.confidence, expectedConfidence(outcome, expected), said);
  assert.deepEqual(exit, expected.exit, said);
  for (const pattern of expected.says) assert.match(said, withMarker(pattern, marker));
  if (expected.leaks !== "any") {
    assert.equal(leaks.length, expected.leaks.length, JSON.stringify(leaks));
    expected.leaks.forEach((pattern, index) => assert.match(leaks[index]?.command ?? "", withMarker(pattern, marker)));
  }
  assert.ok(leaks.every((leak) => leak.kind === "process" && leak.state === "ended"));
  assert.equal(outcome.endedByUs, ["over-", "stalled", "blocked", "cancelled"].some((start) => expected.cause.startsWith(start)) && outcome.evidence.intent !== null, said);
}

/** A supervisor that was late itself cannot say for certain how long something took, and must say so. */
function expectedConfidence({ evidence: { intent, monitor }, verdict }: Outcome, expected: Expected): Expected["confidence"] {
  const isTimed = intent !== null && (intent.kind === "time" || intent.kind === "stall" || intent.kind === "block");
  if (!isTimed || verdict.cause === "out-of-heap" || monitor.lagMsMax <= intent.limit / 2) return expected.confidence;
  assert.ok(
    verdict.evidence.some(({ fact, value }) => fact.startsWith("the supervisor itself was late") && value === monitor.lagMsMax),
    JSON.stringify(verdict),
  );
  return "possible";
}

/** Nothing of it lives, no cgroup and no scratch of ours is left. */
export function checkNothingLeft(marker: string, scratchRoot: string, except: ReadonlySet<number> = new Set()): void {
  assert.deepEqual(findProcesses(marker, except), []);
  assert.deepEqual(findCgroups(process.pid), []);
  assert.deepEqual(findScratch(scratchRoot, process.pid), []);
}

function withMarker(pattern: RegExp, marker: string): RegExp {
  return new RegExp(pattern.source.replaceAll("MARKER", marker), pattern.flags);
}
