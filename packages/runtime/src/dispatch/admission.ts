/** How memory is shared out. Resolved once; the numbers of the moment come with each question. */
export interface AdmissionRule {
  /** What attempts may reserve together; more than 0. */
  readonly capacityBytes: number;
  /** A job that does not fit is passed by at most so many others … */
  readonly bypassMax: number;
  /** … or for at most so long; then room is kept for it. */
  readonly bypassMs: number;
}

/** The first job of a type, in one lane, that was found not to fit. */
export interface BlockedHead {
  readonly lane: string;
  readonly type: string;
  readonly jobId: string;
  readonly needBytes: number;
  readonly sinceMs: number;
  /** Attempts that were started since. */
  readonly bypassed: number;
}

/** The memory at one moment. */
export interface MemoryMoment {
  readonly reservedBytes: number;
  /** Worker slots in use, over all lanes. */
  readonly running: number;
  readonly gate: "open" | "closed";
  /** Room is kept for this one; nobody else may take it. */
  readonly keptFor: BlockedHead | null;
}

export interface Candidate {
  readonly lane: string;
  readonly type: string;
  readonly needBytes: number;
}

/** Whose patience is over: the one that has waited longest of those that were passed by too often or for too long. */
export function chooseKept(blocked: Iterable<BlockedHead>, nowMs: number, rule: AdmissionRule): BlockedHead | null {
  let chosen: BlockedHead | null = null;
  for (const head of blocked) {
    const isOver = head.bypassed >= rule.bypassMax || nowMs - head.sinceMs >= rule.bypassMs;
    if (isOver && (chosen === null || head.sinceMs < chosen.sinceMs)) chosen = head;
  }
  return chosen;
}

/**
 * How many more attempts of this type fit, each in a slot of its own. The sum of what is reserved never passes the capacity.
 * While the gate is closed nothing is added to what runs; where nothing runs, one attempt may: pressure that others make must not stop us for ever.
 */
export function slotsThatFit({ lane, type, needBytes }: Candidate, moment: MemoryMoment, rule: AdmissionRule): number {
  const isKept = moment.keptFor !== null && moment.keptFor.lane === lane && moment.keptFor.type === type;
  const keptBytes = moment.keptFor === null || isKept ? 0 : moment.keptFor.needBytes;
  const freeBytes = rule.capacityBytes - moment.reservedBytes - keptBytes;
  const fitting = needBytes <= 0 ? Number.POSITIVE_INFINITY : Math.max(0, Math.floor(freeBytes / needBytes));
  if (moment.gate === "open") return fitting;
  return moment.running === 0 ? Math.min(1, fitting) : 0;
}

/** What one attempt reserves. More than there is at all cannot be had: such a job runs alone. */
export function reservationOf(wantedBytes: number, rule: AdmissionRule): number {
  return Math.min(wantedBytes, rule.capacityBytes);
}
