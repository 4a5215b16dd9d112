import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, it } from "node:test";
import { createShares, listChildren, listPids, parsePids, readAnonymousBytes, readCommandLine, readLocksLimit, readPidNamespace, readStat } from "../../src/governor/index.ts";
import { waitForText } from "../spawn-cli.ts";

const GONE = 4_194_304;

describe("/proc", () => {
  it("reads a process whose name tries to be fields of its own", async (t) => {
    const child = spawn("/bin/sh", ["-c", "printf 'a) S 1 (b' > /proc/$$/comm; echo named; read -r line"], { stdio: ["pipe", "pipe", "ignore"] });
    t.after(() => child.kill("SIGKILL"));
    await waitForText(child.stdout, /named/);
    const stat = readStat(child.pid ?? 0);
    assert.deepEqual([stat?.name, stat?.parentPid, stat?.threads], ["a) S 1 (b", process.pid, 1]);
    assert.ok((stat?.startTicks ?? 0) > 0);
    assert.ok(listChildren(process.pid).includes(child.pid ?? 0));
    const exit = once(child, "exit");
    child.stdin.end("go\n");
    await exit;
  });

  it("reads this process", () => {
    assert.ok((readAnonymousBytes(process.pid) ?? 0) > 5_000_000);
    assert.match(readCommandLine(process.pid) ?? "", /node/);
    assert.ok(listPids().includes(process.pid));
    assert.equal(readPidNamespace("self"), readPidNamespace(process.pid));
    assert.notEqual(readLocksLimit(process.pid), null);
  });

  it("says null of a process that is not there", () => {
    for (const read of [readStat, readAnonymousBytes, readCommandLine, readLocksLimit, readPidNamespace]) assert.equal(read(GONE), null);
    assert.deepEqual(listChildren(GONE), []);
  });

  it("takes pids and nothing else out of a list", () => {
    assert.deepEqual(parsePids("12\n7\n\n0\nx\n-3\n991\n"), [12, 7, 991]);
    assert.deepEqual(parsePids(""), []);
  });
});

describe("the shares of a tree", () => {
  it("reads again only what has moved since the look before", async (t) => {
    const child = spawn("/bin/sh", ["-c", "echo up; read -r line"], { stdio: ["pipe", "pipe", "ignore"] });
    t.after(() => child.kill("SIGKILL"));
    await waitForText(child.stdout, /up/);
    const stat = readStat(child.pid ?? 0);
    assert.ok(stat !== null && stat.residentPages > 0);
    const shares = createShares();
    const [first] = shares([stat]);
    assert.match(first?.command ?? "", /echo up/);
    assert.ok((first?.memoryBytes ?? 0) > 0);
    const exit = once(child, "exit");
    child.stdin.end("go\n");
    await exit;
    // It is gone and cannot be read any more: what stands still in the list is as it was, what moved is read, and is not there.
    assert.deepEqual(shares([{ ...stat, threads: 2 }]), [{ ...first, threads: 2 }]);
    const [moved] = shares([{ ...stat, cpuTicks: stat.cpuTicks + 1 }]);
    assert.deepEqual([moved?.command, moved?.memoryBytes], [stat.name, null]);
    const [other] = createShares()([stat]);
    assert.equal(other?.memoryBytes, null);
  });
});
