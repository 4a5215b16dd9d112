import type { Lease } from "../../src/model/index.ts";

const NOW_MS = 1_790_000_000_000;

/** A lease with every default; tests say only what they are about. */
export function makeLease(given: Partial<Lease> = {}): Lease {
  return {
    jobId: "j_1",
    attemptId: "a_1",
    attempt: 1,
    token: "l_1",
    type: "report.import",
    lane: "default",
    input: "{}",
    checkpoint: null,
    errors: 0,
    deaths: 0,
    leasedAtMs: NOW_MS,
    runAtMs: NOW_MS,
    ...given,
  };
}
