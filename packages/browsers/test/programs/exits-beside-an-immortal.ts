// Holds processes as its browsers and exits without closing them. One of them outlives SIGKILL (as one in uninterruptible sleep does), the others take their time (as on a busy machine).
import { mkdirSync } from "node:fs";
import { createCensus } from "../../src/process/census.ts";
import { holdUntilGone } from "../../src/process/exit-guard.ts";
import { createEntry, writeLedger } from "../../src/process/ledger.ts";

const [, , immortal = "", ...directories] = process.argv;
for (const directory of directories) {
  const ledger = `${directory}.json`;
  writeLedger(ledger, createEntry(directory, "/nowhere/chromium"));
  mkdirSync(directory);
  holdUntilGone({ directory, ledger, root: null, census: createCensus({ directory, root: null, hasNamespace: false }) });
}
const SLOW_MS = 500;
const kill = process.kill.bind(process);
let askedAtMs: number | null = null;
process.kill = (pid, signal) => {
  if (pid === Number(immortal)) return true;
  askedAtMs ??= performance.now();
  return performance.now() - askedAtMs < SLOW_MS || kill(pid, signal);
};
process.exit(3);
