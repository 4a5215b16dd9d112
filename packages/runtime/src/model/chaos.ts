/** What fault injection does to an attempt, from inside its own worker: the supervisor sees what it would see of any such program. */
export const FAULTS = ["kill", "stop", "fill", "flood", "block"] as const;
export type Fault = (typeof FAULTS)[number];
