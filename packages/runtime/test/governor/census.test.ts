import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { describe, it, type TestContext } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { createCensus, createProcessTable, endTree, probeCapabilities, readStat, sampleTree, signalProcess, type Census, type ProcessIdentity } from "../../src/governor/index.ts";
import { systemClock } from "../../src/platform/index.ts";
import { newMarker } from "../contain/run-case.ts";
import { waitForText } from "../spawn-cli.ts";
import { findProcesses } from "../contain/traces.ts";

interface Tree {
  readonly child: ChildProcess;
  readonly marker: string;
  readonly root: ProcessIdentity;
  readonly census: Census;
}

const COOKIE = 2 ** 42 + 5;

/** Starts a shell that says "ready" once the script has built its tree. */
async function startTree(t: TestContext, script: string, cookie: number | null = null): Promise<Tree> {
  const { cookieFlag } = await probeCapabilities("scan");
  const marker = newMarker();
  const mark = cookie === null || cookieFlag === null ? "" : `ulimit -${cookieFlag} ${cookie}\n`;
  const child = spawn("/bin/sh", ["-c", `${mark}${script}\necho ready; read -r line; exit 0`, marker], { stdio: ["pipe", "pipe", "ignore"], detached: true });
  const stat = readStat(child.pid ?? 0);
  assert.ok(stat !== null);
  const root = { pid: stat.pid, startTicks: stat.startTicks };
  t.after(() => {
    for (const { pid } of findProcesses(marker)) signalProcess({ pid, startTicks: readStat(pid)?.startTicks ?? -1 }, "SIGKILL");
  });
  await waitForText(child.stdout, /ready/);
  return { child, marker, root, census: createCensus({ root, cgroup: null, cookie: mark === "" ? null : cookie, hasPidNamespace: false }, createProcessTable(systemClock)) };
}

const pidsOf = (census: Census): readonly number[] =>
  census
    .members()
    .map(({ pid }) => pid)
    .sort((a, b) => a - b);
const ownPids = (marker: string): readonly number[] =>
  findProcesses(marker)
    .map(({ pid }) => pid)
    .sort((a, b) => a - b);

/** A program that is just being executed has no command line: our own look would miss it. */
async function untilNamed(marker: string, count: number): Promise<void> {
  while (ownPids(marker).length !== count) await nextTurn();
}

describe("the census of a scan", () => {
  it("finds children, groups and sessions", async (t) => {
    const { census, marker } = await startTree(t, 'sleep "$0" & (sleep "$0" & sleep "$0" &)');
    await untilNamed(marker, 4);
    assert.deepEqual(pidsOf(census), ownPids(marker));
    const sample = sampleTree(census, null, "with-cpu");
    assert.deepEqual([sample.trustworthy, sample.tasks, sample.memoryMethod], [true, 4, "anon+shmem"]);
  });

  it("finds by its cookie what left session, parent and environment", async (t) => {
    // The pipe closes when the shell between has gone.
    const { census, marker } = await startTree(t, `env -i setsid sh -c 'sleep "$0" </dev/null >/dev/null 2>&1 & exit 0' "$0" | cat`, COOKIE);
    await untilNamed(marker, 2);
    assert.deepEqual(pidsOf(census), ownPids(marker));
  });

  it("keeps knowing a process that it has seen once", async (t) => {
    const { census, marker, child } = await startTree(t, 'setsid sleep "$0" </dev/null >/dev/null 2>&1 &');
    await untilNamed(marker, 2);
    assert.equal(pidsOf(census).length, 2);
    const exit = once(child, "exit");
    child.stdin?.end("go\n");
    await exit;
    // Another session, and its parent is gone: only memory tells.
    assert.deepEqual(pidsOf(census), ownPids(marker));
    assert.equal(pidsOf(census).length, 1);
  });

  it("takes nobody for its root who only has the root's pid", async (t) => {
    const { root, marker } = await startTree(t, "");
    const reused = createCensus({ root: { pid: root.pid, startTicks: root.startTicks - 1 }, cgroup: null, cookie: null, hasPidNamespace: false }, createProcessTable(systemClock));
    assert.deepEqual(reused.members(), []);
    assert.equal(sampleTree(reused, null, "with-cpu").trustworthy, false);
    assert.equal(ownPids(marker).length, 1);
  });

  it("is empty after the end of the tree, and a stranger with the same command line lives", async (t) => {
    const { census, marker, root } = await startTree(t, 'trap "" TERM; sleep "$0" & setsid sleep "$0" & (sleep "$0" &)', COOKIE);
    const stranger = spawn("sleep", [marker], { stdio: "ignore", detached: true });
    t.after(() => stranger.kill("SIGKILL"));
    await once(stranger, "spawn");
    assert.deepEqual(await endTree({ census, cgroup: null, root, hasPidNamespace: false }, systemClock), []);
    assert.deepEqual(ownPids(marker), [stranger.pid]);
  });
});
