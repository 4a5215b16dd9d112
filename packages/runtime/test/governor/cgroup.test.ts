import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import { hasCgroups, NO_CGROUPS, openCgroup, removeDirectory, type CgroupRoots } from "../../src/governor/index.ts";

/** A directory that looks like a cgroup, from the files' names and texts. */
function directoryOf(t: TestContext, files: Readonly<Record<string, string>>): string {
  const directory = mkdtempSync(join(tmpdir(), "cofferdam-cgroup-"));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text);
  return directory;
}

const V1_MEMORY = {
  "cgroup.procs": "40\n41\n",
  "memory.usage_in_bytes": "5000000\n",
  "memory.stat": "cache 900\ntotal_cache 900\ninactive_file 1\ntotal_inactive_file 1200000\n",
  "memory.oom_control": "oom_kill_disable 0\nunder_oom 0\noom_kill 3\n",
  "memory.failcnt": "17\n",
};
const V1_PIDS = { "cgroup.procs": "40\n41\n", "pids.current": "12\n", "pids.events": "max 4\n" };
const V2 = {
  "cgroup.procs": "40\n41\n42\n",
  "cpu.stat": "usage_usec 2500000\nuser_usec 1\n",
  "memory.current": "8000000\n",
  "memory.stat": "anon 1\nfile 2\ninactive_file 3000000\n",
  "memory.events": "low 0\nhigh 0\nmax 9\noom 2\noom_kill 1\noom_group_kill 0\n",
  "memory.events.local": "low 0\nhigh 0\nmax 9\noom 5\noom_kill 1\n",
  "pids.current": "9\n",
  "pids.events": "max 6\n",
  "cgroup.kill": "",
};

const v1 = (t: TestContext): CgroupRoots => ({ ...NO_CGROUPS, v1Memory: directoryOf(t, V1_MEMORY), v1Pids: directoryOf(t, V1_PIDS) });
const v2 = (t: TestContext): CgroupRoots => ({ ...NO_CGROUPS, v2: directoryOf(t, V2), v2Memory: true, v2Pids: true });

describe("cgroup files", () => {
  it("of version 1: memory without what the kernel can drop, counters, tasks", (t) => {
    const cgroup = openCgroup(v1(t));
    assert.deepEqual([cgroup.chargedBytes(), cgroup.tasks(), cgroup.cpuMicros()], [3_800_000, 12, null]);
    assert.deepEqual(cgroup.counters(), { oomKill: 3, limitHits: 17, pidsRefused: 4 });
    assert.deepEqual(cgroup.pids(), [40, 41]);
    assert.deepEqual([cgroup.kernelMemory, cgroup.kernelPids], [true, true]);
  });

  it("of version 2", (t) => {
    const cgroup = openCgroup(v2(t));
    assert.deepEqual([cgroup.chargedBytes(), cgroup.tasks(), cgroup.cpuMicros()], [5_000_000, 9, 2_500_000]);
    assert.deepEqual(cgroup.counters(), { oomKill: 1, limitHits: 5, pidsRefused: 6 });
    assert.deepEqual(cgroup.pids(), [40, 41, 42]);
  });

  it("of version 2 without controllers: no budgets by the kernel, no counters", (t) => {
    const cgroup = openCgroup({ ...NO_CGROUPS, v2: directoryOf(t, V2) });
    assert.deepEqual([cgroup.chargedBytes(), cgroup.tasks(), cgroup.kernelMemory, cgroup.kernelPids], [null, null, false, false]);
    assert.deepEqual(cgroup.counters(), { oomKill: null, limitHits: null, pidsRefused: null });
  });

  it("that vanish are unknown, not zero", (t) => {
    const paths = v1(t);
    const cgroup = openCgroup(paths);
    for (const directory of [paths.v1Memory, paths.v1Pids]) rmSync(directory ?? "", { recursive: true });
    assert.deepEqual([cgroup.chargedBytes(), cgroup.tasks()], [null, null]);
    assert.deepEqual(cgroup.counters(), { oomKill: null, limitHits: null, pidsRefused: null });
    assert.deepEqual(cgroup.pids(), []);
    assert.equal(cgroup.remove(), true);
  });

  it("get limits, and lose them again", (t) => {
    const paths = { one: v1(t), two: v2(t) };
    const [one, two] = [openCgroup(paths.one), openCgroup(paths.two)];
    const read = (directory: string | null, file: string): string => readFileSync(join(directory ?? "", file), "utf8");
    for (const cgroup of [one, two]) cgroup.setLimits({ memoryBytes: 1_048_576, tasks: 20 });
    assert.deepEqual([read(paths.one.v1Memory, "memory.limit_in_bytes"), read(paths.one.v1Pids, "pids.max")], ["1048576", "20"]);
    assert.deepEqual([read(paths.two.v2, "memory.max"), read(paths.two.v2, "pids.max")], ["1048576", "20"]);
    for (const cgroup of [one, two]) cgroup.setLimits({ memoryBytes: null, tasks: null });
    assert.deepEqual([read(paths.one.v1Memory, "memory.limit_in_bytes"), read(paths.one.v1Pids, "pids.max")], ["-1", "max"]);
    assert.deepEqual([read(paths.two.v2, "memory.max"), read(paths.two.v2, "pids.max")], ["max", "max"]);
  });

  it("are told to kill: with cgroup.kill, else nobody may be born any more", (t) => {
    const paths = { one: v1(t), two: v2(t) };
    openCgroup(paths.two).kill();
    assert.equal(readFileSync(join(paths.two.v2 ?? "", "cgroup.kill"), "utf8"), "1");
    openCgroup(paths.one).kill();
    assert.equal(readFileSync(join(paths.one.v1Pids ?? "", "pids.max"), "utf8"), "0");
  });

  it("are removed with what the program made below them, and kept while in use", (t) => {
    const directory = directoryOf(t, {});
    mkdirSync(join(directory, "made", "by-the-program"), { recursive: true });
    assert.equal(removeDirectory(directory), true);
    assert.equal(existsSync(directory), false);
    assert.equal(removeDirectory(directoryOf(t, { busy: "" })), false);
  });

  it("count as a tier only when they can hold processes together", () => {
    assert.equal(hasCgroups(NO_CGROUPS), false);
    assert.equal(hasCgroups({ ...NO_CGROUPS, v1Memory: "/m" }), false);
    assert.equal(hasCgroups({ ...NO_CGROUPS, v1Pids: "/p" }), true);
    assert.equal(hasCgroups({ ...NO_CGROUPS, v2: "/u" }), true);
  });
});
