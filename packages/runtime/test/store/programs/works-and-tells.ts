// Adds, claims and settles jobs in a loop and tells each acknowledgement on standard output, until it is killed.
import { newId, systemChance } from "../../../src/platform/index.ts";
import { makeJob, makeSettlement } from "../../conformance/make.ts";
import { openAt } from "../open-store.ts";

const [, , dataDir = "", owner = ""] = process.argv;
const store = await openAt(dataDir);
const tell = (line: string): void => {
  process.stdout.write(`${line}\n`);
};
tell("open");
await Promise.all([addForEver(), addForEver(), workForEver(), workForEver()]);

async function addForEver(): Promise<never> {
  for (let round = 0; ; round += 1) {
    const nowMs = Date.now();
    const items = Array.from({ length: 1 + (round % 7) }, () => makeJob({ id: newId("job", nowMs, systemChance), createdAtMs: nowMs, runAtMs: nowMs }));
    for (const { id } of await store.enqueue(items)) tell(`added ${id}`);
  }
}

async function workForEver(): Promise<never> {
  for (;;) {
    const nowMs = Date.now();
    const leases = await store.claim({ lane: "default", limit: 5, perType: new Map(), nowMs, owner });
    for (const lease of leases) tell(`leased ${lease.jobId} ${lease.attempt}`);
    const outcomes = await store.settle(leases.map((lease) => makeSettlement(lease, { kind: "complete" }, nowMs + 1)));
    leases.forEach((lease, index) => tell(`${outcomes[index] === "stale" ? "stale" : "settled"} ${lease.jobId} ${lease.attempt}`));
  }
}
