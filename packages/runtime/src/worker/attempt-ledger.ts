import { openSync, writeSync } from "node:fs";
import { ledgerLine } from "../wire/index.ts";

/** Which attempt began here last, in a file that survives the supervisor. */
export interface AttemptLedger {
  /** Stands until the next one begins: this one's end is not stored when it has ended. */
  begin(attemptId: string, atMs: number, logOffset: number): void;
}

/**
 * `file`: "" writes nowhere.
 * Without a ledger (a full disk) a killed runtime's next start takes what ran here for something that had not begun: it runs again, and costs nothing.
 */
export function openAttemptLedger(file: string): AttemptLedger {
  const descriptor = file === "" ? null : open(file);

  return {
    begin(attemptId, atMs, logOffset) {
      if (descriptor === null) return;
      try {
        writeSync(descriptor, ledgerLine(attemptId, atMs, logOffset), 0, "latin1");
      } catch {
        // a full disk must not end the attempt
      }
    },
  };
}

function open(file: string): number | null {
  try {
    return openSync(file, "w", 0o600);
  } catch {
    return null;
  }
}
