import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { getPriority, setPriority } from "node:os";
import { describe, it, type TestContext } from "node:test";
import { endTree, liftPriority, readStat, type ProcessStat } from "../../src/governor/index.ts";
import { systemClock, type Clock } from "../../src/platform/index.ts";

const LOW = Math.min(getPriority() + 10, 19);
const hasGroups = existsSync("/proc/self/autogroup");
/** Anybody may lower a priority; to raise it again takes CAP_SYS_NICE, and a group's at once after it was lowered CAP_SYS_ADMIN. */
const capabilities = BigInt(`0x${/^CapEff:\s*(\w+)$/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1] ?? "0"}`);
const mayRaise = [21n, 23n].every((bit) => (capabilities >> bit) & 1n);

async function startLow(t: TestContext, program: string, args: readonly string[]): Promise<ProcessStat> {
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "ignore"], detached: true });
  t.after(() => child.kill("SIGKILL"));
  await once(child, "spawn");
  assert.ok(child.pid !== undefined);
  setPriority(child.pid, LOW);
  if (hasGroups && mayRaise) writeFileSync(`/proc/${child.pid}/autogroup`, String(LOW));
  return statOf(child.pid);
}

function statOf(pid: number): ProcessStat {
  const stat = readStat(pid);
  assert.ok(stat !== null);
  return stat;
}

/** The session of the machine's first process has no group, and so none that is lower: nothing is told of it. */
const groupOf = (pid: number): string => /nice (-?\d+)/.exec(hasGroups ? readFileSync(`/proc/${pid}/autogroup`, "utf8") : "")?.[1] ?? "0";

describe("the priority of what is about to end", () => {
  it("is lifted to our own, with that of its session's group", { skip: mayRaise ? false : "raising a priority takes a right that this user does not have" }, async (t) => {
    const low = await startLow(t, "sleep", ["100000"]);
    assert.equal(getPriority(low.pid), LOW);
    liftPriority(low);
    assert.equal(getPriority(low.pid), getPriority());
    assert.equal(groupOf(low.pid), groupOf(process.pid));
  });

  it("stays as it is for another process that has its pid now", async (t) => {
    const low = await startLow(t, "sleep", ["100000"]);
    liftPriority({ pid: low.pid, startTicks: low.startTicks + 1 });
    assert.equal(getPriority(low.pid), LOW);
  });

  it("is lifted when a tree is slow to end", { skip: mayRaise ? false : "raising a priority takes a right that this user does not have" }, async (t) => {
    // Its shell never reaps it: a process that has ended and is still there, for as long as the test looks.
    const shell = spawn("/bin/sh", ["-c", "sleep 100000 & echo $!; exec sleep 100000"], { stdio: ["ignore", "pipe", "ignore"], detached: true });
    t.after(() => shell.kill("SIGKILL"));
    const [printed] = await once(shell.stdout, "data");
    const low = statOf(Number(String(printed)));
    setPriority(low.pid, LOW);
    const clock: Clock = {
      ...systemClock,
      after(_delayMs, action) {
        setImmediate(action);
        return () => undefined;
      },
    };
    const census = { members: () => [low], count: () => 1 };
    assert.deepEqual(await endTree({ census, cgroup: null, root: { pid: 0, startTicks: 0 }, hasPidNamespace: true }, clock), [low]);
    assert.equal(getPriority(low.pid), getPriority());
  });
});
