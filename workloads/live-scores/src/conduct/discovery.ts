import type { Runtime } from "cofferdam";
import { messageOf } from "workload-command-line";
import type { Clock } from "../clock.ts";
import { writeAudit } from "../database/audit.ts";
import type { Database } from "../database/database.ts";
import type { Discovered, DiscoverInput } from "../discover/discover-job.ts";
import { isFinalText } from "../decode/final-text.ts";
import type { ErrorType } from "../errors.ts";
import type { Log } from "../log.ts";
import { readMatchUrl } from "../match/match-url.ts";
import type { Metrics } from "../metrics.ts";
import { LANES, TYPES } from "../work-types.ts";
import { isEnd, type JobLine } from "./job-line.ts";
import type { Matches } from "./matches.ts";

export interface DiscoveryState {
  readonly last_list_at: string | null;
  readonly last_error: { readonly error: string; readonly detail: string; readonly at: string; readonly page: string | null } | null;
}

export interface Discovery {
  /** Looks at once, and then regularly; "running" when it looks already. */
  begin(): "started" | "running";
  state(): DiscoveryState;
  /** Resolves when what runs has ended. */
  stop(): Promise<void>;
}

export interface DiscoveryDeps {
  readonly runtime: Runtime;
  readonly line: JobLine;
  readonly database: Database;
  readonly matches: Matches;
  readonly metrics: Metrics;
  readonly log: Log;
  readonly clock: Clock;
  readonly intervalMs: number;
}

/** Reads the list again and again, each time in a process of its own. A look that fails changes nothing. */
export function createDiscovery({ runtime, line, database, matches, metrics, log, clock, intervalMs }: DiscoveryDeps): Discovery {
  let running: Promise<void> | null = null;
  let timer: NodeJS.Timeout | undefined;
  let isStopped = false;
  let jobId: string | null = null;
  let state: DiscoveryState = { last_list_at: null, last_error: null };

  function begin(): "started" | "running" {
    if (running !== null || isStopped) return "running";
    clearTimeout(timer);
    const startedMs = clock.nowMs();
    running = cycle()
      .catch((error: unknown) => fail("other", messageOf(error), null))
      .finally(() => {
        running = null;
        if (!isStopped) timer = setTimeout(begin, Math.max(0, startedMs + intervalMs - clock.nowMs()));
      });
    return "started";
  }

  async function cycle(): Promise<void> {
    const found = await runJob({ ended: await endedMatches() });
    if (isStopped) return;
    if (found.kind === "failed") return await fail(found.error, found.detail, found.savedAs);
    for (const warning of found.warnings) log.warn(warning);
    const listed = found.urls.flatMap((url) => readMatchUrl(url) ?? []).map(({ matchKey, path }) => ({ matchKey, url: path }));
    await matches.applyList({ matches: listed, isComplete: found.isComplete });
    await matches.reopen(found.reopened);
    state = { last_list_at: clock.at(), last_error: null };
  }

  /** Matches that are over because of what their page said; one that was stopped or is gone has nothing that could change its mind. */
  async function endedMatches(): Promise<DiscoverInput["ended"]> {
    const rows = await database.read
      .selectFrom("live_matches")
      .innerJoin("cricket_data", "cricket_data.url", "live_matches.url")
      .select(["live_matches.match_key", "live_matches.url", "cricket_data.final_result_text"])
      .where("live_matches.state", "=", "ended")
      .execute();
    return rows.filter(({ final_result_text }) => isFinalText(final_result_text ?? "")).map(({ match_key, url }) => ({ match_key, url }));
  }

  async function runJob(input: DiscoverInput): Promise<Discovered> {
    const { id } = await runtime.control.enqueue({ type: TYPES.discover, lane: LANES.discovery, input: JSON.stringify(input), uniqueKey: "discovery" });
    jobId = id;
    if (isStopped) cancel(id, "graceful", "the service is ending");
    const { state: end, cause } = await new Promise<{ readonly state: string; readonly cause: string | null }>((resolve) => {
      const unlisten = line.listen(id, (event) => {
        if (event.kind === "attempt.ended" && event.next === "retry") cancel(id, "kill", "the next look is another job");
        if (!isEnd(event)) return;
        unlisten();
        resolve(event);
      });
    });
    if (end === "quarantined") await runtime.control.discardQuarantined(id).catch(() => undefined);
    if (end !== "succeeded") return { kind: "failed", error: cause === "over-time" ? "timeout" : "other", detail: `the look ended as ${cause ?? end}`, savedAs: null };
    return JSON.parse((await runtime.control.document(id, "result")) ?? "null") as Discovered;
  }

  function cancel(id: string, mode: "graceful" | "kill", reason: string): void {
    // One that has ended in the meantime needs no cancel.
    void runtime.control.cancel(id, { mode, by: "live-scores", reason }).catch(() => undefined);
  }

  async function fail(type: ErrorType, detail: string, page: string | null): Promise<void> {
    const at = clock.at();
    state = { ...state, last_error: { error: type, detail, at, page } };
    metrics.failed("discovery", type);
    log.warn("the list could not be read", { error_type: type, detail, page });
    // It may be the database that has failed: then nothing but the log says so.
    await database
      .write((write) => writeAudit(write, { matchKey: null, action: "discovery_failed", reason: type, details: { detail, page } }, at))
      .catch((error: unknown) => log.warn(`a failed look is not in the audit: ${messageOf(error)}`));
  }

  return {
    begin,
    state: () => state,
    async stop() {
      isStopped = true;
      clearTimeout(timer);
      if (running !== null && jobId !== null) cancel(jobId, "graceful", "the service is ending");
      await running;
    },
  };
}
