import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { describe, it } from "node:test";
import { inspect } from "node:util";
import { CAUSES, contain } from "cofferdam";
import { voyageOf } from "../src/drain-harbour.ts";
import { CALLED_BACK, FLEET, LOST, OOM_KILLED } from "../src/fleet.ts";
import { judge } from "../src/voyage.ts";

const MAIN = join(import.meta.dirname, "../src/main.ts");
const SHIPS = [...FLEET, CALLED_BACK, LOST, OOM_KILLED];

describe("the main job", () => {
  it("has a ship for every cause", () => {
    assert.deepEqual([...new Set(SHIPS.map(({ expected }) => expected))].sort(), [...CAUSES].sort());
  });

  it("an inner compartment without a memory cgroup cannot show who was killed for memory, one with it must", async () => {
    const { verdict, leaks } = await contain({ command: ["/bin/sh", "-c", "kill -KILL $$"] });
    assert.equal(verdict.cause, "killed");
    const judged = (memory: "polled" | "kernel") => judge(voyageOf({ verdict, leaks, enforcement: { tier: "cgroup", memory, pids: "kernel" } }));
    assert.deepEqual([judged("polled"), judged("kernel")], ["not shown", "wrong"]);
  });

  it("runs once: every import and every verdict is right, and nothing is left behind", async () => {
    const child = spawn(process.execPath, [MAIN, "--once", "--port", "0"], { stdio: ["ignore", "pipe", "pipe"] });
    const [printed, complaint, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "exit")]);
    // What went wrong comes first: the whole of what it printed is long, and whoever shows it may cut it.
    const wrong = printed.split("\n").filter((line) => /WRONG|LEFT BEHIND/.test(line));
    assert.deepEqual({ code, wrong }, { code: 0, wrong: [] }, inspect({ code, wrong, complaint, printed }, { maxStringLength: null }));
    for (const { type, expected } of SHIPS) {
      const row = printed.split("\n").find((line) => line.startsWith(`  ${type} `)) ?? "";
      if (/ not shown /.test(row)) assert.equal(expected, "oom-killed", `${type} is the only one that a machine may be unable to show`);
      else assert.match(row, new RegExp(`${expected} +${expected} +right `), row);
    }
    assert.match(printed, /Left behind: nothing\./);
    assert.match(printed, / (\d+) of \1 imports right/);
  });

  it("ends cleanly when it is interrupted, and takes the next free port", async () => {
    const holder = createServer().listen(0, "127.0.0.1");
    await once(holder, "listening");
    const address = holder.address();
    assert.ok(address !== null && typeof address === "object");
    const child = spawn(process.execPath, [MAIN, "--port", String(address.port)], { stdio: ["ignore", "pipe", "inherit"] });
    const exited = once(child, "exit");
    const lines: string[] = [];
    for await (const line of createInterface({ input: child.stdout })) {
      lines.push(line);
      if (line.includes("START")) child.kill("SIGINT");
    }
    const [code] = await exited;
    holder.close();
    assert.equal(code, 130, lines.join("\n"));
    assert.doesNotMatch(lines[0] ?? "", new RegExp(`:${address.port}:`));
    assert.match(lines[0] ?? "", /Cofferdam at http:\/\/127\.0\.0\.1:\d+/);
    assert.equal(lines.at(-1), "Left behind: nothing.");
  });

  it("stays up, answers, and ends at once when it is interrupted twice", async () => {
    const child = spawn(process.execPath, [MAIN, "--port", "0"], { stdio: ["ignore", "pipe", "inherit"] });
    const exited = once(child, "exit");
    let url = "";
    let isUp = false;
    let closingAtMs = 0;
    for await (const line of createInterface({ input: child.stdout })) {
      url = /^The API is up at (\S+)/.exec(line)?.[1] ?? url;
      if (!isUp && url !== "" && line.includes("-d '{")) {
        isUp = true;
        const response = await fetch(`${url}/api/v1/jobs`, { method: "POST", headers: { "content-type": "application/json" }, body: '{"type":"ship.never-arrives"}' });
        assert.equal(response.status, 201);
      } else if (isUp && line.includes("START")) child.kill("SIGINT");
      else if (line === "Closing") {
        closingAtMs = performance.now();
        child.kill("SIGINT");
      }
    }
    const [code] = await exited;
    assert.equal(code, 0);
    assert.ok(performance.now() - closingAtMs < 30_000, "it did not wait for the drain's 30 s");
  });

  it("says what is wrong with its arguments", async () => {
    const child = spawn(process.execPath, [MAIN, "--prot", "1"], { stdio: ["ignore", "ignore", "pipe"] });
    const [said, [code]] = await Promise.all([text(child.stderr), once(child, "exit")]);
    assert.equal(code, 2);
    assert.match(said, /--prot/);
    assert.match(said, /--data-dir/);
  });
});
