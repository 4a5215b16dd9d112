import type { Clock } from "../clock.ts";
import { writeAudit } from "../database/audit.ts";
import type { Database } from "../database/database.ts";
import { endMatch } from "../database/matches.ts";
import { OUTBOX_LIMITS } from "../database/outbox.ts";
import { saveAnswer } from "../database/save-answer.ts";
import { saveSnapshot } from "../database/snapshots.ts";
import { applyAnswer, type Emission } from "../emit/change.ts";
import type { Log } from "../log.ts";
import type { Metrics } from "../metrics.ts";
import type { Said } from "../poll/report.ts";
import type { Poller } from "./poller.ts";

export interface EmittedEvent extends Emission {
  readonly matchKey: string;
  readonly url: string;
  readonly at: string;
}

export interface ReceiveDeps {
  readonly database: Database;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly clock: Clock;
  /** Whether emissions wait for a sink. */
  readonly hasSink: boolean;
  /** Called when they are on disk. */
  readonly onEmitted: (events: readonly EmittedEvent[]) => void;
}

/** Takes what a poller says. Resolves when it is on disk; only then is it remembered here. */
export async function receiveReport(poller: Poller, said: Said, deps: ReceiveDeps): Promise<void> {
  switch (said.kind) {
    case "answer":
      return await takeAnswer(poller, said, deps);
    case "failure":
      return takeFailure(poller, said, deps);
    case "retry":
      return deps.metrics.retried(said.operation);
    case "ended":
      return await takeEnd(poller, said, deps);
  }
}

async function takeAnswer(poller: Poller, said: Extract<Said, { kind: "answer" }>, { database, log, metrics, clock, hasSink, onEmitted }: ReceiveDeps): Promise<void> {
  const { matchKey, url } = poller;
  const at = clock.at();
  const isPoll = said.source === "live";
  const change = applyAnswer(poller.state, { groups: said.groups, facts: said.facts, missingCodes: said.missing_codes });
  const dropped = await database.write((write) => saveAnswer(write, { matchKey, change, isPoll, at, outbox: hasSink ? OUTBOX_LIMITS : null }));
  poller.state = change.state;
  for (const code of change.newCodes) log.warn(`[MISSING CODE] ${code}`, { match_id: matchKey });
  for (const warning of said.warnings) log.warn(warning, { match_id: matchKey });
  if (dropped > 0) log.warn("the outbox is full: the oldest emissions were dropped", { dropped });
  if (isPoll) {
    poller.lastAnswerAtMs = clock.nowMs();
    poller.totalUpdates += 1;
    poller.consecutiveErrors = 0;
    metrics.updated(matchKey, said.took_ms / 1000);
  }
  if (change.emissions.length === 0) return;
  poller.totalChanges += change.emissions.length;
  poller.lastChangeAtMs = clock.nowMs();
  onEmitted(change.emissions.map(({ seq, group, payload }) => ({ seq, group, payload, matchKey, url, at })));
}

function takeFailure(poller: Poller, said: Extract<Said, { kind: "failure" }>, { log, metrics }: ReceiveDeps): void {
  poller.totalErrors += 1;
  // Only the live JSON makes a match fresh; what is beside it is counted.
  if (said.source === "live") poller.consecutiveErrors += 1;
  metrics.failed(poller.matchKey, said.error_type);
  log.warn(said.message, { match_id: poller.matchKey, source: said.source, error_type: said.error_type });
}

async function takeEnd(poller: Poller, said: Extract<Said, { kind: "ended" }>, { database, log, clock }: ReceiveDeps): Promise<void> {
  const { matchKey, url, state } = poller;
  const at = clock.at();
  await database.write(async (write) => {
    await saveSnapshot(write, { matchKey, url, state, at });
    await endMatch(write, matchKey, at);
    await writeAudit(write, { matchKey, action: "ended", reason: said.reason, details: { text: said.text } }, at);
  });
  poller.isOver = true;
  log.info("the match is over", { match_id: matchKey, reason: said.reason, text: said.text });
}
