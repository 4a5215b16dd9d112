import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import { sweepBrowsers } from "../src/index.ts";
import { MARK_VARIABLE } from "../src/process/layout.ts";
import { hasProc } from "../src/process/proc.ts";

describe("what lives in spite of SIGKILL", { skip: !hasProc && "only /proc says who lives" }, () => {
  it("keeps its directory and its ledger, at the exit of its owner and in a sweep, until a sweep can end it", async (context) => {
    const scratch = mkdtempSync(join(tmpdir(), "survivors-"));
    context.after(() => rmSync(scratch, { recursive: true, force: true }));
    const name = "b-0123456789ab";
    const directories = [name, "b-ba9876543210"].map((each) => join(scratch, each));
    const [immortal, mortal] = await Promise.all(directories.map((directory) => beginBrowser(context, directory)));
    assert.ok(immortal !== undefined && mortal !== undefined);

    const owner = spawn(process.execPath, [join(import.meta.dirname, "programs", "exits-beside-an-immortal.ts"), String(immortal.pid), ...directories], { stdio: "inherit" });
    assert.deepEqual(await once(owner, "exit"), [3, null]);
    assert.deepEqual(readdirSync(scratch).sort(), [name, `${name}.json`]);
    assert.deepEqual(await mortal.ended, [null, "SIGKILL"]);

    const { mock: kill } = context.mock.method(process, "kill", () => true);
    assert.deepEqual(await sweepBrowsers(scratch), { browsers: 1, processes: 0, unknown: 0 });
    assert.deepEqual(readdirSync(scratch).sort(), [name, `${name}.json`]);

    kill.restore();
    assert.deepEqual(await sweepBrowsers(scratch), { browsers: 1, processes: 1, unknown: 0 });
    assert.deepEqual(await immortal.ended, [null, "SIGKILL"]);
    assert.deepEqual(readdirSync(scratch), []);
  });
});

/** A process that is marked as one of the browser with this directory. */
async function beginBrowser(context: TestContext, directory: string): Promise<{ readonly pid: number; readonly ended: Promise<readonly unknown[]> }> {
  const child = spawn("sleep", ["1000"], { env: { [MARK_VARIABLE]: directory }, stdio: "ignore" });
  context.after(() => child.kill("SIGKILL"));
  const ended = once(child, "exit");
  await once(child, "spawn");
  return { pid: child.pid ?? 0, ended };
}
