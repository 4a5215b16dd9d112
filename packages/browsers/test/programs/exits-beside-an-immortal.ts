// Holds a process that outlives SIGKILL (as one in uninterruptible sleep does) as its browser, and exits without closing it.
import { mkdirSync } from "node:fs";
import { createCensus } from "../../src/process/census.ts";
import { holdUntilGone } from "../../src/process/exit-guard.ts";
import { createEntry, writeLedger } from "../../src/process/ledger.ts";

const [, , directory = ""] = process.argv;
const ledger = `${directory}.json`;
writeLedger(ledger, createEntry(directory, "/nowhere/chromium"));
mkdirSync(directory);
process.kill = () => true;
holdUntilGone({ directory, ledger, root: null, census: createCensus({ directory, root: null, hasNamespace: false }) });
process.exit(3);
