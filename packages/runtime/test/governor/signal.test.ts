import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { describe, it, type TestContext } from "node:test";
import { isAlive, readStat, signalProcess, type ProcessIdentity } from "../../src/governor/index.ts";

async function startSleeper(t: TestContext): Promise<{ readonly child: ChildProcess; readonly identity: ProcessIdentity }> {
  const child = spawn("sleep", ["100000"], { stdio: "ignore" });
  t.after(() => child.kill("SIGKILL"));
  await once(child, "spawn");
  const stat = readStat(child.pid ?? 0);
  assert.ok(stat !== null);
  return { child, identity: { pid: stat.pid, startTicks: stat.startTicks } };
}

describe("a signal goes to exactly one process", () => {
  it("which is meant by pid and start time", async (t) => {
    const { child, identity } = await startSleeper(t);
    const exit = once(child, "exit");
    assert.equal(signalProcess(identity, "SIGTERM"), "sent");
    assert.deepEqual(await exit, [null, "SIGTERM"]);
  });

  for (const offset of [-1, 1, 1000])
    it(`and never to another one that has its pid now (started ${offset} ticks away)`, async (t) => {
      const { child, identity } = await startSleeper(t);
      const reused = { pid: identity.pid, startTicks: identity.startTicks + offset };
      assert.equal(signalProcess(reused, "SIGKILL"), "gone");
      assert.equal(isAlive(reused), false);
      assert.equal(isAlive(identity), true);
      // Had it been sent, this later signal would not be the one it died of.
      const exit = once(child, "exit");
      child.kill("SIGHUP");
      assert.deepEqual(await exit, [null, "SIGHUP"]);
    });

  it("not to one that is gone", async (t) => {
    const { child, identity } = await startSleeper(t);
    const exit = once(child, "exit");
    child.kill("SIGKILL");
    await exit;
    assert.equal(signalProcess(identity, "SIGTERM"), "gone");
  });

  it("never to a group, to everybody, or to the machine's init", () => {
    for (const pid of [1, 0, -1, -process.pid]) assert.equal(signalProcess({ pid, startTicks: readStat(pid)?.startTicks ?? 0 }, "SIGCONT"), "denied");
  });
});
