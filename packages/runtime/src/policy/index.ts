// policy: what happens to a job after a verdict.
// Owns: retry, quarantine, give-up, cancelled; the backoff. Never: names a cause, writes a row, reads the clock or chance.
// In: the verdict, the job's history, the time and one fraction of chance. Out: Next.
// Errors and deaths are counted apart; what we wanted ourselves costs nothing.
export { backoffMs } from "./backoff.ts";
export { escalationOf, type Escalation } from "./escalation.ts";
export { decideNext, type PolicyQuestion } from "./decide-next.ts";
