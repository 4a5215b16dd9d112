import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import { findMachineMemory, openSurroundings, parseRecords } from "../../src/governor/index.ts";

async function machineWith(context: TestContext, files: Readonly<Record<string, string>>): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), "cofferdam-machine-"));
  context.after(() => rm(root, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, name)), { recursive: true });
    await writeFile(join(root, name), text);
  }
  return root;
}

const MACHINE = {
  "proc/meminfo": "MemTotal:        8000000 kB\nMemFree: 1 kB\nMemAvailable:    3000000 kB\n",
  "proc/vmstat": "nr_free_pages 1\noom_kill 4\n",
  "proc/pressure/memory": "some avg10=1.50 avg60=0.00 avg300=0.00 total=1\nfull avg10=0.25 avg60=0.00 avg300=0.00 total=1\n",
};

describe("what is around the runtime", () => {
  it("is the machine, where no container has a limit", async (context) => {
    const root = await machineWith(context, { ...MACHINE, "proc/self/cgroup": "0::/\n" });
    const state = openSurroundings(root).read(5);
    assert.equal(state.totalBytes, 8_000_000 * 1024);
    assert.equal(state.availableBytes, 3_000_000 * 1024);
    assert.deepEqual([state.memorySomePercent, state.memoryFullPercent, state.cpuSomePercent], [1.5, 0.25, null]);
    assert.equal(state.oomKills, 4);
    assert.equal(state.container, null);
  });

  it("is the container of cgroup v2 with the smallest limit, with its counters", async (context) => {
    const root = await machineWith(context, {
      ...MACHINE,
      "proc/self/cgroup": "0::/pod/main\n",
      "sys/fs/cgroup/pod/memory.max": "1000000\n",
      "sys/fs/cgroup/pod/memory.current": "900000\n",
      "sys/fs/cgroup/pod/memory.events": "low 0\nhigh 0\nmax 9\noom 2\noom_kill 3\noom_group_kill 1\n",
      "sys/fs/cgroup/pod/main/memory.max": "2000000\n",
      "sys/fs/cgroup/pod/main/memory.current": "5\n",
    });
    const surroundings = openSurroundings(root);
    assert.equal(surroundings.brief().availableBytes, 100_000);
    const { container } = surroundings.read(5);
    assert.deepEqual({ ...container, inode: 0 }, { inode: 0, limitBytes: 1_000_000, usedBytes: 900_000, oomKills: 3, groupKills: 1 });
    assert.ok((container?.inode ?? 0) > 0);
  });

  it("has what dispatch says that it has: page cache that nobody uses is not gone", async (context) => {
    const root = await machineWith(context, {
      ...MACHINE,
      "proc/self/cgroup": "0::/\n",
      "sys/fs/cgroup/memory.max": "1000000\n",
      "sys/fs/cgroup/memory.current": "990000\n",
      "sys/fs/cgroup/memory.stat": "anon 100\ninactive_file 800000\n",
    });
    assert.equal(openSurroundings(root).brief().availableBytes, 810_000);
    assert.equal(openSurroundings(root).read(5).availableBytes, findMachineMemory(root).read().availableBytes);
  });

  it("is the container also where the machine is shown to be as large as its limit", async (context) => {
    const root = await machineWith(context, {
      ...MACHINE,
      "proc/self/cgroup": "0::/\n",
      "sys/fs/cgroup/memory.max": `${8_000_000 * 1024}\n`,
      "sys/fs/cgroup/memory.current": "5\n",
      "sys/fs/cgroup/memory.events": "oom_kill 3\noom_group_kill 1\n",
    });
    assert.equal(openSurroundings(root).read(5).container?.groupKills, 1);
    assert.equal(findMachineMemory(root).limit.source, "cgroup v2");
  });

  it("is the container of cgroup v1, whose largest number means no limit", async (context) => {
    const files = {
      ...MACHINE,
      "proc/self/cgroup": "4:memory:/box\n0::/\n",
      "sys/fs/cgroup/memory/box/memory.usage_in_bytes": "5\n",
      "sys/fs/cgroup/memory/box/memory.oom_control": "oom_kill_disable 0\nunder_oom 0\noom_kill 7\n",
    };
    const limited = await machineWith(context, { ...files, "sys/fs/cgroup/memory/box/memory.limit_in_bytes": "2000000\n" });
    assert.equal(openSurroundings(limited).read(5).container?.oomKills, 7);
    const free = await machineWith(context, { ...files, "sys/fs/cgroup/memory/box/memory.limit_in_bytes": "9223372036854771712\n" });
    assert.equal(openSurroundings(free).read(5).container, null);
  });

  it("is unknown, not zero, where the system says nothing", async (context) => {
    const state = openSurroundings(await machineWith(context, {})).read(5);
    assert.deepEqual([state.totalBytes, state.availableBytes, state.oomKills, state.memorySomePercent, state.container], [null, null, null, null, null]);
  });
});

describe("the kernel's log", () => {
  it("is read from one moment to another, and only what tells of memory and ends", () => {
    const records = [
      "6,1,9000000,-;Out of memory: Killed process 7 (old)",
      "6,2,11000000,-;usb 1-1: new device",
      "3,3,12500000,-;Out of memory: Killed process 8 (node) total-vm:1kB",
      "3,4,14500000,-;Out of memory: Killed process 9 (late)",
      " SUBSYSTEM=x",
    ];
    assert.deepEqual(parseRecords(records.join("\n"), { from: 10, to: 14 }), ["[12.500] Out of memory: Killed process 8 (node) total-vm:1kB"]);
  });
});
