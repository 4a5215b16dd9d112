import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { createReadStream } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it, type TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { probeCapabilities, sweepDeadInstances, type Capabilities } from "../../src/governor/index.ts";
import { systemClock } from "../../src/platform/index.ts";
import { newMarker, type Tier } from "./run-case.ts";
import { waitForText } from "../spawn-cli.ts";
import { findCgroups, findProcesses, findScratch, stateOf } from "./traces.ts";

const SUPERVISOR = fileURLToPath(new URL("contains-and-tells.ts", import.meta.url));

let scratch = "";
before(async () => {
  scratch = await mkdtemp(join(tmpdir(), "cofferdam-death-"));
  process.env["COFFERDAM_SCRATCH"] = scratch;
});
after(() => rm(scratch, { recursive: true, force: true }));

interface Killed {
  readonly marker: string;
  readonly pid: number;
  /** Reads to its end when nobody who was contained lives any more. */
  readonly allGone: Promise<void>;
  readonly innocent: ReturnType<typeof spawn>;
}

/** Starts a supervisor with a tree that does everything to stay, and kills it once the tree stands. */
async function killSupervisor(t: TestContext, tier: Tier, kind: "command" | "module"): Promise<Killed> {
  const marker = newMarker();
  const fifo = join(scratch, `held-${marker}`);
  execFileSync("mkfifo", [fifo]);
  const innocent = spawn("sleep", [marker], { stdio: "ignore" });
  t.after(() => innocent.kill("SIGKILL"));
  await once(innocent, "spawn");
  const allGone = new Promise<void>((resolve, reject) => {
    createReadStream(fifo).on("error", reject).on("end", resolve).resume();
  });
  const supervisor = spawn(process.execPath, [SUPERVISOR, tier, marker, fifo, kind], { stdio: ["ignore", "pipe", "inherit"] });
  await waitForText(supervisor.stdout, /ready\n/);
  const exit = once(supervisor, "exit");
  supervisor.kill("SIGKILL");
  await exit;
  return { marker, pid: supervisor.pid ?? 0, allGone, innocent };
}

/** What the next start does. Cgroups belong to the machine: it may find the dead of others, too. */
async function sweepAfter({ pid }: Killed, { cgroups }: Capabilities) {
  const result = await sweepDeadInstances(cgroups, systemClock);
  const found = result.deadInstances.filter((name) => name.split("-")[2] === String(pid));
  assert.equal(found.length, 1, result.deadInstances.join());
  return result;
}

async function checkGone({ marker, pid, allGone, innocent }: Killed): Promise<void> {
  await allGone;
  assert.deepEqual(findProcesses(marker, new Set([innocent.pid ?? 0])), []);
  assert.deepEqual(findCgroups(pid), []);
  assert.deepEqual(findScratch(scratch, pid), []);
  assert.match(stateOf(innocent.pid ?? 0), /[SRD]/, "an innocent process was touched");
}

for (const kind of ["command", "module"] as const)
  describe(`a supervisor that is killed while it contains a ${kind}`, () => {
    for (const tier of ["auto", "pidns", "cgroup"] as const)
      it(`takes its tree with it at once where the kernel holds it together (${tier})`, async (t) => {
        const capabilities = await probeCapabilities(tier);
        const isHere = tier === "pidns" ? capabilities.pidNamespace !== null : capabilities.enforcement.tier === "cgroup";
        if (!isHere) return t.skip(`this machine does not have it: ${capabilities.notes.join("; ")}`);
        const killed = await killSupervisor(t, tier, kind);
        await killed.allGone;
        assert.deepEqual(findProcesses(killed.marker, new Set([killed.innocent.pid ?? 0])), []);
        // The cgroups are the whole machine's: whoever starts meanwhile removes those of the dead, too.
        if (capabilities.enforcement.tier !== "cgroup") assert.deepEqual(findCgroups(killed.pid), []);
        const { ended } = await sweepAfter(killed, capabilities);
        assert.deepEqual(
          ended.filter(({ command }) => command.includes(killed.marker)),
          [],
        );
        await checkGone(killed);
      });

    it("leaves what the next start ends, removes and reports (scan)", async (t) => {
      const capabilities = await probeCapabilities("scan");
      if (capabilities.cookieFlag === null) return t.skip("this machine's shell cannot mark processes");
      const killed = await killSupervisor(t, "scan", kind);
      const { ended } = await sweepAfter(killed, capabilities);
      assert.ok(!ended.some(({ pid }) => pid === killed.innocent.pid));
      if (kind === "command") assert.ok(ended.filter(({ command }) => command.includes(killed.marker)).length >= 3, JSON.stringify(ended));
      await checkGone(killed);
    });
  });
