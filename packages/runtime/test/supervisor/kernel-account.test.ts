import assert from "node:assert/strict";
import { test } from "node:test";
import type { KernelRises } from "../../src/model/index.ts";
import { createKernelAccount, type KernelAccount } from "../../src/supervisor/kernel-account.ts";
import { risesBetween, type KernelCounts } from "../../src/supervisor/kernel-rises.ts";

const NONE: KernelCounts = { oomKill: 0, limitHits: 0, pidsRefused: 0, machineOomKills: null };
const QUIET: KernelRises = { oomKill: 0, ownLimitHit: false, machineOomKill: null, pidsRefused: 0 };

/** A worker whose counters are set by hand. */
function openAccount(): { readonly account: KernelAccount; count(changes: Partial<KernelCounts>): void; reads(): number } {
  let now = NONE;
  let from = NONE;
  let reads = 0;
  const read = (): KernelCounts => {
    reads += 1;
    return now;
  };
  const account = createKernelAccount({
    ownRises: () => risesBetween(from, read()),
    countFromHere() {
      from = read();
    },
  });
  return {
    account,
    count(changes) {
      now = { ...now, ...changes };
    },
    reads: () => reads,
  };
}

test("a rise belongs to the attempt in which it came, at every look, and to no later one", () => {
  const { account, count } = openAccount();
  account.begin();
  count({ oomKill: 1, limitHits: 7 });
  const struck = { ...QUIET, oomKill: 1, ownLimitHit: true };
  assert.deepEqual([account.ofRunning(), account.ofRunning(), account.close()], [struck, struck, struck]);
  assert.deepEqual(account.ofRunning(), QUIET);
  count({ pidsRefused: 2 });
  assert.deepEqual(account.close(), { ...QUIET, pidsRefused: 2 });
});

test("what rose between two attempts is nobody's", () => {
  const { account, count } = openAccount();
  account.begin();
  account.close();
  count({ pidsRefused: 3 });
  account.begin();
  assert.deepEqual(account.close(), QUIET);
});

test("short attempts pass without a read, and what rose in one of them is not told of the next", () => {
  const { account, count, reads } = openAccount();
  account.begin();
  const before = reads();
  count({ pidsRefused: 1 });
  account.pass();
  account.pass();
  assert.equal(reads(), before);
  assert.deepEqual(account.ofRunning(), QUIET, "refused in one that passed");
  count({ pidsRefused: 3 });
  assert.deepEqual(account.close(), { ...QUIET, pidsRefused: 2 }, "refused since it was looked at");
});

test("a counter that one of the moments does not know has no rise", () => {
  const unknown: KernelCounts = { oomKill: null, limitHits: null, pidsRefused: null, machineOomKills: 4 };
  assert.deepEqual(risesBetween(unknown, { ...NONE, machineOomKills: 6 }), { oomKill: null, ownLimitHit: null, machineOomKill: 2, pidsRefused: null });
});
