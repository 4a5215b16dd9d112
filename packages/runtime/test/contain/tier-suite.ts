import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { probeEnforcement } from "../../src/governor/index.ts";
import { expectedAt, PROGRAMS } from "../programs/model.ts";
import { checkNothingLeft, checkOutcome, newMarker, runCase, type Tier } from "./run-case.ts";
import { stateOf } from "./traces.ts";

/** The whole table in one tier: the cause of each end, and that nothing is left of it. */
export async function testTier(tier: Tier): Promise<void> {
  const { enforcement, notes } = await probeEnforcement(tier);
  const isHere = tier === "auto" || enforcement.tier === tier;
  const scratch = await mkdtemp(join(tmpdir(), "cofferdam-test-"));
  process.env["COFFERDAM_SCRATCH"] = scratch;

  describe(
    `contain() with tier ${tier} (${enforcement.tier}, memory ${enforcement.memory})`,
    { skip: isHere ? false : `this machine does not have it: ${notes.join("; ")}` },
    () => {
      after(() => rm(scratch, { recursive: true, force: true }));

      for (const program of PROGRAMS) {
        const isPromised = program.promise === "every-tier" || enforcement.tier !== "scan";
        it(program.title, { skip: isPromised ? false : "the scan tier does not promise this" }, async () => {
          const marker = newMarker();
          // Somebody else's process, with the very command line of what is left behind.
          const innocent = spawn("sleep", [marker], { stdio: "ignore" });
          await once(innocent, "spawn");
          try {
            const outcome = await runCase(program, tier, marker);
            assert.deepEqual(outcome.enforcement, enforcement);
            checkOutcome(outcome, expectedAt(program, enforcement), marker);
            checkNothingLeft(marker, scratch, new Set([innocent.pid ?? 0]));
            assert.match(stateOf(innocent.pid ?? 0), /[SRD]/, "an innocent process was touched");
            assert.ok(!outcome.leaks.some((leak) => leak.pid === innocent.pid));
          } finally {
            await end(innocent);
          }
        });
      }
    },
  );

  before(() => assert.ok(PROGRAMS.length > 40));
}

async function end(child: ChildProcess): Promise<void> {
  const exit = once(child, "exit");
  child.kill("SIGKILL");
  await exit;
}
