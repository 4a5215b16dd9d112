// The page to read first of what runs in a poller's own process: ticks at a steady pace, everything else beside them.
import { setTimeout as pause } from "node:timers/promises";
import { NO_NAMES, type Names } from "../decode/names.ts";
import { errorTypeOf, SourceError } from "../errors.ts";
import { waitMs } from "./pace.ts";
import { readInfo, readLive, readPage, readScorecard } from "./read-match.ts";
import { failure, StrangerError, type Handover, type ReportSource, type Said } from "./report.ts";
import { createSideTask } from "./side-task.ts";
import type { Source } from "./source.ts";

export interface PollerDeps {
  readonly source: Source;
  readonly handover: Handover;
  readonly signal: AbortSignal;
  readonly pollingMs: number;
  readonly scorecardMs: number;
  readonly fraction: () => number;
}

/** Why a poller ended by itself. */
export type PollerEnd = "match_over" | "replaced" | "asked";

const NAMES_EVERY_MS = 60_000;
const INFO_EVERY_MS = 30_000;

/** Polls one match until it is over, until another poller has taken its place, or until it is asked to end. */
export async function runPoller({ source, handover, signal, pollingMs, scorecardMs, fraction }: PollerDeps): Promise<PollerEnd> {
  const nowMs = (): number => performance.now();
  let names: Names = NO_NAMES;
  let hasMissing = true;
  let failures = 0;
  let over: { readonly reason: "gone" | "final"; readonly text: string } | null = null;
  const place = { isTaken: false };

  /** What goes wrong beside a tick is reported, and the ticks go on. */
  const beside = (name: ReportSource, work: () => Promise<void>) => async (): Promise<void> => {
    try {
      await work();
    } catch (error) {
      if (error instanceof StrangerError) place.isTaken = true;
      else if (!signal.aborted) await sayFailure(name, error);
    }
  };
  async function sayFailure(name: ReportSource, error: unknown): Promise<void> {
    await handover.say(failure(name, errorTypeOf(error), error)).catch((told: unknown) => {
      if (told instanceof StrangerError) place.isTaken = true;
    });
  }
  async function sayAnswer(said: Extract<Said, { kind: "answer" }>): Promise<void> {
    if (said.missing_codes.length > 0) hasMissing = true;
    await handover.say(said);
  }

  const loadNames = beside("names", async () => {
    names = await source.names();
    hasMissing = false;
  });
  const namesTask = createSideTask(loadNames, { everyMs: NAMES_EVERY_MS, nowMs });
  const scorecardTask = createSideTask(
    beside("scorecard", async () => await sayAnswer(await readScorecard(source, names))),
    { everyMs: scorecardMs, nowMs },
  );
  const pageTask = createSideTask(
    beside("page", async () => {
      const { said, finalText } = await readPage(source);
      await sayAnswer(said);
      if (finalText !== null) over = { reason: "final", text: finalText };
    }),
    { everyMs: pollingMs / 2, nowMs },
  );
  let hasInfo = false;
  const infoTask = createSideTask(
    beside("info", async () => {
      await sayAnswer(await readInfo(source));
      hasInfo = true;
    }),
    { everyMs: INFO_EVERY_MS, nowMs },
  );

  async function tick(): Promise<void> {
    // Only counted: whether the service takes it decides nothing.
    if (failures > 0) void handover.say({ kind: "retry", operation: "tick" }).catch(() => undefined);
    try {
      await sayAnswer(await readLive(source, names));
      failures = 0;
    } catch (error) {
      if (error instanceof StrangerError || signal.aborted) throw error;
      failures += 1;
      await sayFailure("live", error);
      if (error instanceof SourceError && error.type === "gone") over = { reason: "gone", text: error.message };
    }
  }

  /** The last word of a match: once more everything that still answers, then that it is over. */
  async function finalSync({ reason, text }: { readonly reason: "gone" | "final"; readonly text: string }): Promise<void> {
    await Promise.all([pageTask.idle(), scorecardTask.idle()]);
    if (reason === "final") await beside("live", async () => await sayAnswer(await readLive(source, names)))();
    else await beside("page", async () => await sayAnswer((await readPage(source)).said))();
    await beside("scorecard", async () => await sayAnswer(await readScorecard(source, names)))();
    await handover.say({ kind: "ended", reason, text: text.slice(0, 1000) });
  }

  try {
    // Names come first: a name that appears a moment later would be a change.
    await loadNames();
    while (!signal.aborted && !place.isTaken) {
      const startedMs = nowMs();
      pageTask.kick();
      scorecardTask.kick();
      if (!hasInfo) infoTask.kick();
      if (hasMissing) namesTask.kick();
      await tick();
      if (over !== null) {
        await finalSync(over);
        return "match_over";
      }
      await pause(waitMs({ intervalMs: pollingMs, failures, startedMs, nowMs: nowMs(), fraction: fraction() }), undefined, { signal });
    }
    return place.isTaken ? "replaced" : "asked";
  } catch (error) {
    if (error instanceof StrangerError) return "replaced";
    if (signal.aborted) return "asked";
    throw error;
  } finally {
    await Promise.all([pageTask, scorecardTask, infoTask, namesTask].map((task) => task.idle()));
  }
}
