import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir, totalmem } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { findMachineMemory } from "../../src/governor/index.ts";

const MIB = 1024 ** 2;
const MACHINE = {
  "proc/meminfo": "MemTotal:       8388608 kB\nMemFree: 1 kB\nMemAvailable:   4194304 kB\n",
  "proc/pressure/memory": "some avg10=1.50 avg60=0.00\nfull avg10=0.10\n",
};

/** A made-up /proc and /sys. */
async function withFiles(files: Readonly<Record<string, string>>, check: (root: string) => void): Promise<void> {
  const root = await mkdtemp(join(tmpdir(), "cofferdam-memory-"));
  try {
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(root, path)), { recursive: true });
      await writeFile(join(root, path), text);
    }
    check(root);
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

test("without a container the machine's memory is the limit", () =>
  withFiles(MACHINE, (root) => {
    const memory = findMachineMemory(root);
    assert.deepEqual(memory.limit, { bytes: 8192 * MIB, source: "machine" });
    assert.deepEqual(memory.read(), { availableBytes: 4096 * MIB, stallPercent: 1.5 });
  }));

test("cgroup v2: the smallest limit from our own group up to the root, what it has left, and its own pressure", () =>
  withFiles(
    {
      ...MACHINE,
      "proc/self/cgroup": "0::/pod/job\n",
      "sys/fs/cgroup/pod/job/memory.max": "max\n",
      "sys/fs/cgroup/pod/memory.max": `${1024 * MIB}\n`,
      "sys/fs/cgroup/pod/memory.current": `${900 * MIB}\n`,
      "sys/fs/cgroup/pod/memory.stat": `anon 5\ninactive_file ${100 * MIB}\n`,
      "sys/fs/cgroup/pod/memory.pressure": "some avg10=12.00 avg60=0\n",
    },
    (root) => {
      const memory = findMachineMemory(root);
      assert.deepEqual(memory.limit, { bytes: 1024 * MIB, source: "cgroup v2" });
      assert.deepEqual(memory.read(), { availableBytes: 224 * MIB, stallPercent: 12 });
    },
  ));

test("cgroup v1 in a container: our path is not mounted, its root is; a limit beyond the machine's memory is none", () =>
  withFiles(
    {
      ...MACHINE,
      "proc/self/cgroup": "4:memory:/docker/abc\n",
      "sys/fs/cgroup/memory/memory.limit_in_bytes": `${512 * MIB}\n`,
      "sys/fs/cgroup/memory/memory.usage_in_bytes": `${500 * MIB}\n`,
      "sys/fs/cgroup/memory/memory.stat": `total_inactive_file ${200 * MIB}\n`,
    },
    (root) => {
      const memory = findMachineMemory(root);
      assert.deepEqual([memory.limit, memory.read().availableBytes], [{ bytes: 512 * MIB, source: "cgroup v1" }, 212 * MIB]);
    },
  ));

test("v1 says 'no limit' by a number that nobody has", () =>
  withFiles({ ...MACHINE, "proc/self/cgroup": "4:memory:/\n", "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n" }, (root) =>
    assert.equal(findMachineMemory(root).limit.source, "machine"),
  ));

test("this machine has some memory", () => {
  const memory = findMachineMemory();
  assert.ok(memory.limit.bytes > 0 && memory.limit.bytes <= totalmem());
  assert.ok(memory.read().availableBytes > 0);
});
