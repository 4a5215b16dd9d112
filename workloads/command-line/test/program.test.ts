import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { open } from "node:fs/promises";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";

const PROGRAM = fileURLToPath(new URL("./program.ts", import.meta.url));

function run(...argv: readonly string[]): { readonly status: number | null; readonly stdout: string; readonly stderr: string } {
  return spawnSync(process.execPath, [PROGRAM, ...argv], { encoding: "utf8" });
}

describe("the frame of a program", () => {
  it("prints data to standard output, as words or as one JSON document", () => {
    assert.deepEqual(run("say", "hello").stdout, "hello\n");
    assert.deepEqual(JSON.parse(run("--json", "say", "hello").stdout), { schema: 1, said: "hello", database: null });
    assert.deepEqual(JSON.parse(run("--json", "--db", "x.db", "say", "hello").stdout), { schema: 1, said: "hello", database: "x.db" });
  });

  it("shows people no control sequences; JSON escapes them", () => {
    const shown = "a\tb\n\uFFFD[1A\uFFFD[2Kevil.com\uFFFD\uFFFD2K\n";
    assert.deepEqual([run("echo").stdout, run("echo").stderr], [shown, shown]);
    assert.equal(JSON.parse(run("--json", "echo").stdout).said, "a\tb\n\u001b[1A\u001b[2Kevil.com\b\u009b2K");
  });

  it("ends with the code that the kind of trouble has", () => {
    assert.equal(run("--help").status, 0);
    assert.equal(run("sya").status, 2);
    assert.match(run("sya").stderr, /say/);
    assert.equal(run("fail", "usage").status, 2);
    assert.equal(run("fail", "settings").status, 3);
    assert.equal(run("fail", "own").status, 6);
    assert.equal(run("fail", "other").status, 1);
  });

  it("does what it does where nothing can be told", async () => {
    await using full = await open("/dev/full", "w");
    const { status } = spawnSync(process.execPath, [PROGRAM, "sya"], { stdio: ["ignore", "ignore", full.fd] });
    assert.equal(status, 2);
  });

  it("ends when nobody reads any more", async () => {
    const child = spawn(process.execPath, [PROGRAM, "chatter"], { stdio: ["ignore", "pipe", "inherit"] });
    await once(child.stdout, "data");
    child.stdout.destroy();
    assert.deepEqual(await once(child, "exit"), [0, null]);
  });

  it("ends with the runtime that cannot work any more", () => {
    const { status, stderr } = run("give-up");
    assert.deepEqual([status, stderr], [1, "stopping\nerror: no worker comes up\n  next: Start it again.\n"]);
  });

  it("ends a command that waits for what no runtime will ever do", () => {
    const next = "  next: `npx cofferdam doctor` says what this machine allows; when that is mended, run the command again.\n";
    for (const [which, why] of [
      ["workers", "10 workers in a row did not start"],
      ["jobs", "/jobs/crawl.ts:3 cannot be used: its process ended"],
    ] as const) {
      const { status, stdout, stderr } = run(`wait-without-${which}`);
      assert.deepEqual([status, stdout, stderr], [1, "none\n", `stopping\nerror: ${why}\n${next}`]);
    }
  });

  it("says what to do next", () => {
    assert.equal(run("fail", "usage").stderr, "error: that is not how\n  next: like this\n");
  });
});
