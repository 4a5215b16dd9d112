/**
 * What a worker notes in its ledger file before an attempt runs: one line of fixed length, overwritten in place.
 * It survives the death of everybody, and tells the next start which leases had really begun.
 */
const LEDGER_BYTES = 80;

export interface LedgerEntry {
  readonly attemptId: string;
  readonly startedAtMs: number;
  readonly logFrom: number;
}

export function ledgerLine(attemptId: string, startedAtMs: number, logFrom: number): string {
  return `${attemptId} ${startedAtMs} ${logFrom}`.padEnd(LEDGER_BYTES, " ");
}

export function parseLedger(text: string): LedgerEntry | null {
  const match = /^(a_[0-9a-f]{32}) (\d+) (\d+)\s*$/.exec(text);
  return match === null ? null : { attemptId: match[1] ?? "", startedAtMs: Number(match[2]), logFrom: Number(match[3]) };
}
