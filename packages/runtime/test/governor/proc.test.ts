import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, it } from "node:test";
import { listChildren, listPids, parsePids, readAnonymousBytes, readCommandLine, readLocksLimit, readPidNamespace, readStat } from "../../src/governor/index.ts";
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
