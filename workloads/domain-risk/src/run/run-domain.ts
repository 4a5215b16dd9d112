// What a worker slot does with one domain, in order: is it a host at all, is it known to refuse us, pause, run, record, learn.
import { setTimeout as pause } from "node:timers/promises";
import { failed } from "../analyse/failed.ts";
import type { Cache } from "../cache/cache.ts";
import { leavesOutPlainRequest } from "../cache/validity.ts";
import { targetOf } from "../guard/target.ts";
import type { Taken } from "../queue/domain-queue.ts";
import type { SlowRegistry } from "../queue/slow-registry.ts";
import type { DomainRecord } from "../record.ts";
import type { CategoryRecords } from "../report/outputs.ts";
import type { Settings } from "../settings.ts";
import type { Metrics } from "../watch/metrics.ts";
import type { AttemptEnd, Attempts } from "./attempts.ts";
import type { Board, Slot } from "./board.ts";
import { refusalOf, type BotMemory } from "./bot-memory.ts";
import { findingOfDeath, isOfDomain, notAnalysedRecord, recordOf, skippedRecord, type RecordContext } from "./make-record.ts";

export interface Desk {
  readonly settings: Settings;
  readonly cache: Cache;
  /** What earlier runs have left in the data files. */
  readonly written: readonly CategoryRecords[];
  readonly attempts: Attempts;
  readonly memory: BotMemory;
  readonly board: Board;
  readonly registry: SlowRegistry;
  readonly metrics: Metrics;
  /** Whether bot memory and cached records are ignored. */
  readonly force: boolean;
  /** Aborted when no domain is to be begun any more. */
  readonly stopping: AbortSignal;
  now(): Date;
  /** Chance, 0 <= x < 1. */
  chance(): number;
}

/** null when the run is being stopped: the domain is left for the next one. Never rejects for what the domain does. */
export async function runDomain(desk: Desk, slot: Slot, { domain }: Taken): Promise<DomainRecord | null> {
  const previous = desk.cache.get(domain);
  const context = (): RecordContext => ({ domain, previous, now: desk.now() });
  const target = targetOf(desk.settings.targetTemplate, domain);
  // Any line may stand in a list: one that is no host needs no worker.
  if ("error" in target) {
    const finding = failed({ error: target.error, fallbackReason: null, usedMs: 0, budgetExceeded: false });
    return await settle(desk, { kind: "found", finding, note: null }, { plainRequest: true, context: context() });
  }
  if (isKnown(desk, domain)) return skippedRecord(context());
  const plainRequest = !leavesOutPlainRequest(previous, desk.now().getTime());
  if (plainRequest && !(await pauseBefore(desk, slot))) return null;
  // A sibling may have been refused during the pause.
  if (isKnown(desk, domain)) return skippedRecord(context());
  if (desk.stopping.aborted) return null;
  move(desk, slot, "running");
  const end = await desk.attempts.run({ domain, address: target.address, plainRequest }, (live) => {
    if (live.updates > (slot.live?.jobId === live.jobId ? slot.live.updates : 0)) slot.updates += 1;
    slot.live = live;
    desk.board.changed();
  });
  return end.kind === "cancelled" ? null : await settle(desk, end, { plainRequest, context: context() });
}

async function settle(
  desk: Desk,
  end: Exclude<AttemptEnd, { kind: "cancelled" }>,
  { plainRequest, context }: { readonly plainRequest: boolean; readonly context: RecordContext },
): Promise<DomainRecord> {
  const finding = end.kind === "found" ? end.finding : findingOfDeath(end);
  desk.metrics.ended(end, finding);
  if (end.kind === "died" && !isOfDomain(end)) return notAnalysedRecord(context, end);
  if (finding.of_machine === true) return notAnalysedRecord(context, { cause: "failed", summary: finding.error ?? "" });
  const record = recordOf(finding, context, desk.registry.thresholdSeconds);
  // A worker that we ended for its memory, or that crashed, says nothing of the site.
  const refusal = end.kind === "found" || finding.budget_exceeded ? refusalOf(record, plainRequest) : null;
  if (record.accessible) await desk.memory.forget(record.domain);
  else if (refusal !== null) await desk.memory.learn(record.domain, `${record.domain}: ${refusal}`);
  return record;
}

function isKnown({ force, memory }: Desk, domain: string): boolean {
  return !force && memory.knows(domain);
}

/** Politeness; outside the budget. false when the run was stopped meanwhile. */
async function pauseBefore(desk: Desk, slot: Slot): Promise<boolean> {
  const { pauseMinMs, pauseMaxMs } = desk.settings;
  move(desk, slot, "pausing");
  try {
    await pause(pauseMinMs + desk.chance() * (pauseMaxMs - pauseMinMs), undefined, { signal: desk.stopping });
    return true;
  } catch {
    return false;
  }
}

function move({ board, now }: Desk, slot: Slot, status: Slot["status"]): void {
  slot.status = status;
  slot.sinceMs = now().getTime();
  board.changed();
}
