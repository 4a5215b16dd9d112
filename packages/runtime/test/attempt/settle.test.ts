import assert from "node:assert/strict";
import { test } from "node:test";
import { settleUntilStored } from "../../src/attempt/settle.ts";
import { CofferdamError, type SettleOutcome } from "../../src/model/index.ts";
import { silentLogger } from "../../src/platform/index.ts";
import { makeSettlement } from "../conformance/make.ts";
import { createFakeClock } from "../dispatch/fake-clock.ts";
import { makeLease } from "../incident/make-lease.ts";

test("an end that cannot be stored is tried until it is, and told once", async () => {
  const clock = createFakeClock();
  const untold: unknown[] = [];
  let tries = 0;
  const queue = {
    settle(): Promise<readonly SettleOutcome[]> {
      tries += 1;
      return tries < 4 ? Promise.reject(new CofferdamError("store_full", `try ${tries}`)) : Promise.resolve([{ next: { kind: "complete" }, incident: null }]);
    },
  };
  const stored = settleUntilStored(queue, makeSettlement(makeLease(), { kind: "complete" }, clock.nowMs()), {
    clock,
    logger: silentLogger,
    closing: new AbortController().signal,
    onUnwritten: (_settlement, error) => untold.push(error instanceof Error ? error.message : error),
  });
  await clock.pass(1000);
  assert.deepEqual(await stored, { next: { kind: "complete" }, incident: null });
  assert.deepEqual(untold, ["try 1"]);
});
