// What the tests of all workloads lean on.
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { cleanedSuite, cleanUp, driveProgram, makeDirectory, processesThatName } from "../src/testing/index.ts";

const { run, serve, start } = driveProgram(join(import.meta.dirname, "program.ts"), (directory) => ({ DB_PATH: join(directory, "test.db") }));

describe("clean-ups", () => {
  it("go from the last to the first, and one that fails keeps none from going", async () => {
    const order: string[] = [];
    let end: () => Promise<void> = async () => undefined;
    const test = { after: (action: () => Promise<void>) => void (end = action) };
    const directory = await makeDirectory(test);
    cleanUp(test, () => order.push("first"));
    cleanUp(test, () => {
      assert.ok(existsSync(directory));
      throw new Error("fails");
    });
    cleanUp(test, async () => void order.push("last"));
    await assert.rejects(end(), /fails/);
    assert.deepEqual([order, existsSync(directory)], [["last", "first"], false]);
  });

  const directories: string[] = [];
  describe("of a suite", () => {
    const suite = cleanedSuite(after);
    before(async () => void directories.push(await makeDirectory(suite)));
    it("wait for its end", () => assert.ok(existsSync(directories[0] ?? "")));
  });
  it("have gone with it", () => assert.deepEqual([directories.length, existsSync(directories[0] ?? "")], [1, false]));
});

describe("a program that is driven", () => {
  it("runs with the settings of its directory", async (test) => {
    const directory = await makeDirectory(test);
    assert.deepEqual(JSON.parse((await run(directory, ["--json", "say", "hello"])).out), { schema: 1, said: "hello", database: join(directory, "test.db") });
    assert.deepEqual(await run(directory, ["fail", "own"]), { code: 6, out: "", err: "error: mine\n" });
    await assert.rejects(serve(test, directory, ["fail", "own"]), /ended before it listened: error: mine/);
    await assert.rejects(start(test, directory, ["fail", "own"]).untilNoted(/yours/), /without a word of yours: error: mine/);
  });

  it("stops in order at the first signal, and at once at the second", async (test) => {
    const directory = await makeDirectory(test);
    const lingering = await serve(test, directory, ["--json", "linger"]);
    assert.ok(processesThatName(directory).includes(lingering.child.pid ?? 0));
    lingering.child.kill("SIGTERM");
    await lingering.untilNoted(/stopping/);
    assert.equal(await lingering.end("SIGINT"), 0);
    assert.deepEqual(processesThatName(directory), []);
  });

  it("a command that is interrupted stops in order, and says so", async (test) => {
    const waiting = await serve(test, await makeDirectory(test), ["--json", "wait-patient"]);
    assert.equal(await waiting.end("SIGINT"), 1);
    assert.match((await waiting.ended).err, /^stopping\nerror: interrupted\n/);
  });

  for (const signal of ["SIGINT", "SIGTERM"] as const)
    it(`leaves no directory of its own behind at ${signal}`, async (test) => {
      const dwelling = await serve(test, await makeDirectory(test), ["--json", "dwell"]);
      assert.ok(existsSync(dwelling.ready.url));
      assert.equal(await dwelling.end(signal), signal === "SIGINT" ? 130 : 143);
      assert.equal(existsSync(dwelling.ready.url), false);
    });

  it("nor when nobody reads any more", async (test) => {
    const dwelling = await serve(test, await makeDirectory(test), ["--json", "dwell"]);
    dwelling.child.stdout?.destroy();
    assert.equal((await dwelling.ended).code, 0);
    assert.equal(existsSync(dwelling.ready.url), false);
  });
});
