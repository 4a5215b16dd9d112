/**
 * What fault injection does to an attempt: from inside its own worker, or to a command through a helper in its process tree. The supervisor sees what it would see of any such
 * program. `block` is for job modules only; `fill` and `flood` of a command need its memory or output budget.
 */
export const FAULTS = ["kill", "stop", "fill", "flood", "block"] as const;
export type Fault = (typeof FAULTS)[number];
