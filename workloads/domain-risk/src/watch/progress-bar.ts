import { printable } from "workload-command-line";
import type { DomainRecord } from "../record.ts";
import { isSkipped } from "../record.ts";
import type { RunFigures } from "../run/board.ts";

const BAR_CHARS = 24;

/** "[######..................] 45/184  12 ok  30 failed  3 skipped  eta 2m10s" */
export function renderBar({ total, done, accessible, failed, skipped, cached, eta_seconds }: RunFigures): string {
  const filled = total === 0 ? BAR_CHARS : Math.floor((done / total) * BAR_CHARS);
  const bar = "#".repeat(filled).padEnd(BAR_CHARS, ".");
  return `[${bar}] ${done}/${total}  ${accessible} ok  ${failed} failed  ${skipped} skipped  ${cached} cached${eta_seconds === null ? "" : `  eta ${wordSeconds(eta_seconds)}`}`;
}

/** One line for each record, as test runners write them. */
export function renderRecord(record: DomainRecord): string {
  const word = record.accessible ? "DONE" : isSkipped(record) ? "SKIP" : record.error?.startsWith("Timeout") === true ? "TIMEOUT" : "FAIL";
  const time = record.response_time_seconds === null ? "        " : `${record.response_time_seconds.toFixed(1).padStart(6)}s `;
  const said = record.accessible ? `base ${record.base_score}  ${record.method ?? ""}` : (record.error ?? "");
  return `${word.padStart(12)} [${time}] ${record.domain}  ${said}`;
}

export interface ProgressBar {
  record(record: DomainRecord): void;
  close(): void;
}

const REDRAW_MS = 500;

/** On a terminal a bar that is drawn anew; elsewhere only the lines, no animation. */
export function createProgressBar(stream: NodeJS.WriteStream, figures: () => RunFigures | null): ProgressBar {
  const isTerminal = stream.isTTY === true;
  const draw = (): void => {
    const now = figures();
    if (isTerminal && now !== null) stream.write(`\r\u001b[2K${renderBar(now)}`);
  };
  const timer = isTerminal ? setInterval(draw, REDRAW_MS) : null;
  timer?.unref();
  return {
    record(record) {
      stream.write(`${isTerminal ? "\r\u001b[2K" : ""}${printable(renderRecord(record))}\n`);
      draw();
    },
    close() {
      if (timer === null) return;
      clearInterval(timer);
      stream.write("\r\u001b[2K");
    },
  };
}

function wordSeconds(seconds: number): string {
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${String(seconds % 60).padStart(2, "0")}s`;
}
