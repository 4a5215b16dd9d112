import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { text } from "node:stream/consumers";
import { after, before, describe, it } from "node:test";
import { findProgram, NO_CGROUPS, type Capabilities } from "../../src/governor/index.ts";
import { failureOf, JOIN_FAILED_CODE, launch, resolveProgram, STUB_DESCRIPTOR } from "../../src/supervisor/launch.ts";

let directory = "";
before(() => {
  directory = mkdtempSync(join(tmpdir(), "cofferdam-launch-"));
  writeFileSync(join(directory, "runs"), "#!/bin/sh\n");
  writeFileSync(join(directory, "does-not-run"), "#!/bin/sh\n");
  writeFileSync(join(directory, "orphan"), "#! /no/such/interpreter -x\n");
  writeFileSync(join(directory, "binary"), Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0]));
  for (const name of ["runs", "orphan", "binary"]) chmodSync(join(directory, name), 0o755);
  mkdirSync(join(directory, "folder"));
});
after(() => rmSync(directory, { recursive: true, force: true }));

describe("finding the program", () => {
  const codeOf = (name: string, path = "/usr/bin:/bin"): string => {
    const found = resolveProgram(name, directory, path);
    return "path" in found ? found.path.replace(directory, "HERE") : found.code;
  };

  it("by path, relative to the working directory", () => {
    assert.equal(codeOf("./runs"), "HERE/runs");
    assert.equal(codeOf("folder/../runs"), "HERE/runs");
    assert.equal(codeOf(join(directory, "binary")), "HERE/binary");
  });

  it("by name, on the PATH of the program and nowhere else", () => {
    assert.match(codeOf("sh"), /\/sh$/);
    assert.equal(codeOf("runs"), "ENOENT");
    assert.equal(codeOf("runs", `:/nonexistent:${directory}`), "HERE/runs");
    assert.equal(codeOf("does-not-run", directory), "ENOENT");
  });

  it("says why it cannot be run", () => {
    assert.equal(codeOf(""), "ENOENT");
    assert.equal(codeOf("./missing"), "ENOENT");
    assert.equal(codeOf("./folder"), "EACCES");
    assert.equal(codeOf("./does-not-run"), "EACCES");
    assert.deepEqual(resolveProgram("./orphan", directory, ""), { code: "ENOENT", message: "./orphan: its interpreter /no/such/interpreter does not exist" });
  });

  it("names a system error, and what it does not know as other", () => {
    assert.equal(failureOf(Object.assign(new Error("spawn E2BIG"), { code: "E2BIG" })).code, "E2BIG");
    assert.deepEqual(failureOf("odd"), { code: "OTHER", message: "odd" });
  });
});

describe("the stub", () => {
  const BARE: Capabilities = {
    enforcement: { tier: "scan", memory: "polled", pids: "polled" },
    cgroups: NO_CGROUPS,
    pidNamespace: null,
    setpriv: null,
    unshare: null,
    nice: null,
    cookieFlag: null,
    notes: [],
  };

  async function run(joinFiles: readonly string[], args: readonly string[]): Promise<{ readonly code: number; readonly out: string; readonly said: string }> {
    const child = launch({
      capabilities: BARE,
      program: "/bin/sh",
      args,
      cwd: directory,
      env: { PATH: "/usr/bin:/bin" },
      streams: ["ignore", "pipe", "ignore", "ignore"],
      joinFiles,
      cookie: null,
      nice: 0,
    });
    const stub = Array.from<unknown>(child.stdio)[STUB_DESCRIPTOR] as NodeJS.ReadableStream;
    const exit = once(child, "exit");
    const [out, said, [code]] = await Promise.all([child.stdout === null ? "" : text(child.stdout), text(stub), exit]);
    return { code, out, said };
  }

  it("joins by odd paths without running what they say", async () => {
    for (const name of ["with space", "it's", "$(touch bad)", "`touch bad`", 'a"b', "semi;touch bad", "new\nline", "-dash", "back\\slash"]) {
      const file = join(directory, name);
      writeFileSync(file, "");
      const { code } = await run([file], ["-c", "exit 3"]);
      assert.equal(code, 3, name);
      assert.equal(readFileSync(file, "utf8"), "0\n", name);
    }
    assert.throws(() => readFileSync(join(directory, "bad")), /ENOENT/);
  });

  it("hands arguments on as they are, and nothing of ours stays open", async () => {
    const odd = ["it's", "a b", "$HOME", "`id`", "new\nline", "", "*", "-n"];
    const { code, out, said } = await run([], ["-c", 'printf "[%s]" "$@"; [ -e /proc/self/fd/5 ] || [ -e /proc/self/fd/6 ] || printf closed', "sh", ...odd]);
    assert.deepEqual([code, out, said], [0, `${odd.map((one) => `[${one}]`).join("")}closed`, ""]);
  });

  it("does not start the program when its supervisor is gone", async (t) => {
    const setpriv = findProgram("setpriv", "/usr/bin:/bin");
    if (setpriv === null) return t.skip("no setpriv on this machine");
    const gate = join(directory, "gate");
    execFileSync("mkfifo", [gate]);
    const child = launch({
      capabilities: { ...BARE, setpriv },
      program: "/bin/sh",
      args: ["-c", "echo ran > ran"],
      cwd: directory,
      env: { PATH: "/usr/bin:/bin" },
      streams: ["ignore", "ignore", "ignore", "ignore"],
      // Waits here until somebody reads.
      joinFiles: [gate],
      cookie: null,
      nice: 0,
    });
    const exit = once(child, "exit");
    const stub = Array.from<unknown>(child.stdio)[STUB_DESCRIPTOR] as Duplex;
    stub.destroy();
    await once(stub, "close");
    assert.equal(await readFile(gate, "utf8"), "0\n");
    const [code, signal] = await exit;
    assert.ok(code === JOIN_FAILED_CODE || signal === "SIGPIPE", `${code} ${signal}`);
    assert.throws(() => readFileSync(join(directory, "ran")), /ENOENT/);
  });

  it("does not start the program when it could not join", async () => {
    const { code, out, said } = await run([join(directory, "no", "such", "cgroup.procs")], ["-c", "echo ran"]);
    assert.deepEqual([code, out, said], [JOIN_FAILED_CODE, "", "join-failed\n"]);
  });
});
