import { openSync, writeSync } from "node:fs";
import { EMPTY_LEDGER_LINE, ledgerLine } from "../wire/index.ts";

/** Which attempt runs here, in a file that survives the supervisor. */
export interface AttemptLedger {
  begin(attemptId: string, atMs: number, logOffset: number): void;
  empty(): void;
}

/**
 * `file`: "" writes nowhere.
 * Without a ledger (a full disk) a killed runtime's next start takes what ran here for something that had not begun: it runs again, and costs nothing.
 */
export function openAttemptLedger(file: string): AttemptLedger {
  const descriptor = file === "" ? null : open(file);

  function write(line: string): void {
    if (descriptor === null) return;
    try {
      writeSync(descriptor, line, 0, "latin1");
    } catch {
      // a full disk must not end the attempt
    }
  }

  return {
    begin: (attemptId, atMs, logOffset) => write(ledgerLine(attemptId, atMs, logOffset)),
    empty: () => write(EMPTY_LEDGER_LINE),
  };
}

function open(file: string): number | null {
  try {
    return openSync(file, "w", 0o600);
  } catch {
    return null;
  }
}
