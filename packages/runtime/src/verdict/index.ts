// verdict: why an attempt ended.
// Owns: the naming of a cause. Never: I/O, the clock, a guess; what happens next is policy's.
// In: AttemptEvidence, plain data. Out: one Verdict, the same for the same evidence.
// Where to read first: decide.ts, the rules in their order.
export { decideVerdict } from "./decide.ts";
