import type { RunView } from "../runs/run-view.ts";

const WORDS: Readonly<Record<string, string>> = {
  queued: "WAIT",
  running: "RUN",
  success: "DONE",
  partial: "PART",
  failed: "FAIL",
  cancelled: "STOP",
  interrupted: "CUT",
};

/** One line for people. */
export function wordRun(view: RunView): string {
  const { status, run_id, trigger, processed, saved, created, failed, skipped, error } = view;
  const counts = `${processed} processed, ${saved} saved (${created} new), ${failed} failed, ${skipped} skipped`;
  return `${(WORDS[status] ?? status).padStart(12)} ${run_id}  ${trigger.padEnd(8)} ${view.started_at ?? view.requested_at}  ${counts}${error === null ? "" : `  ${error}`}`;
}
