/** closed: all may go on. open: nobody may, until its time is over. half-open: a few may try; what they find decides. */
export const BREAKER_STATES = ["closed", "open", "half-open"] as const;
export type BreakerState = (typeof BREAKER_STATES)[number];

/** A breaker that remembers something. One without failures that is closed needs no record. */
export interface BreakerRecord {
  readonly key: string;
  readonly state: BreakerState;
  /** Failures in a row while closed. */
  readonly failures: number;
  /** How often it opened since it was last closed. */
  readonly trips: number;
  readonly openedAtMs: number | null;
  readonly openUntilMs: number | null;
  /** How long it was opened for the last time. */
  readonly openForMs: number | null;
  /** Who is trying now, and until when that counts. */
  readonly probes: readonly { readonly holder: string; readonly untilMs: number }[];
  readonly evidence: string | null;
  /** Who said so last. */
  readonly by: string;
  readonly updatedAtMs: number;
  /** After this time it is forgotten. */
  readonly expiresAtMs: number;
}

/** What a caller may choose; complete. */
export interface BreakerRule {
  /** Failures in a row that open it, 1 to 1000. Default 5. */
  readonly failures: number;
  /** How long it stays open; at most 30 days; doubled each time a probe fails, up to a day. Default 5 min. */
  readonly forMs: number;
  /** How many may try at once when its time is over, 1 to 100. Default 1. */
  readonly probes: number;
  /** How long a try may take before another one is let through. Default 1 min. */
  readonly probeMs: number;
}

export const DEFAULT_BREAKER_RULE: BreakerRule = { failures: 5, forMs: 300_000, probes: 1, probeMs: 60_000 };

export type BreakerAsk =
  | { readonly kind: "ask"; readonly rule: BreakerRule }
  | { readonly kind: "success" }
  | { readonly kind: "failure"; readonly rule: BreakerRule; readonly evidence: string | null }
  | { readonly kind: "trip"; readonly forMs: number; readonly evidence: string }
  | { readonly kind: "reset" };

/** Who asks, and when. */
export interface BreakerMoment {
  readonly key: string;
  readonly holder: string;
  readonly nowMs: number;
}

export interface BreakerAnswer {
  readonly state: BreakerState;
  /** Whether the one who asked may go on. */
  readonly allowed: boolean;
  /** When to ask again; null when it may go on. */
  readonly untilMs: number | null;
  readonly evidence: string | null;
}

/** The longest that somebody may open it for; what doubles by itself stops at a day. */
export const BREAKER_OPEN_MS_MAX = 30 * 86_400_000;
const DOUBLED_MS_MAX = 86_400_000;
/** What nobody asks about any more is forgotten a day after it ended. */
const FORGET_MS = 86_400_000;

/** What becomes of a breaker, and what the one who asked is told. Pure; `null` is a breaker that remembers nothing. */
export function changeBreaker(written: BreakerRecord | null, ask: BreakerAsk, moment: BreakerMoment): { readonly record: BreakerRecord | null; readonly answer: BreakerAnswer } {
  const record = written === null ? null : ripen(written, moment.nowMs);
  switch (ask.kind) {
    case "ask":
      return answered(record === null || record.state === "closed" ? record : letTry(record, ask.rule, moment), moment);
    case "success":
      return answered(record === null || record.state === "closed" || isProbe(record, moment) ? null : record, moment);
    case "failure":
      return answered(fail(record, ask, moment), moment);
    case "trip":
      return answered(open(record, { forMs: ask.forMs, evidence: ask.evidence }, moment), moment);
    case "reset":
      return answered(null, moment);
  }
}

/** What the one who asks would be told now. Nothing changes by asking. */
export function answerOf(record: BreakerRecord | null, { holder, nowMs }: BreakerMoment): BreakerAnswer {
  if (record === null || record.state === "closed") return { state: "closed", allowed: true, untilMs: null, evidence: record?.evidence ?? null };
  const { evidence } = record;
  if (record.state === "open") return { state: "open", allowed: false, untilMs: record.openUntilMs, evidence };
  const allowed = record.probes.some((probe) => probe.holder === holder && probe.untilMs > nowMs);
  return {
    state: "half-open",
    allowed,
    untilMs: allowed ? null : record.probes.reduce((least, { untilMs }) => Math.min(least, untilMs), record.probes[0]?.untilMs ?? nowMs),
    evidence,
  };
}

function answered(record: BreakerRecord | null, moment: BreakerMoment): { readonly record: BreakerRecord | null; readonly answer: BreakerAnswer } {
  return { record, answer: answerOf(record, moment) };
}

/** Time alone changes it: what was open long enough lets somebody try, and a try that takes too long is no try any more. */
function ripen(record: BreakerRecord, nowMs: number): BreakerRecord | null {
  if (nowMs >= record.expiresAtMs) return null;
  if (record.state === "open" && nowMs >= (record.openUntilMs ?? 0)) return { ...record, state: "half-open", probes: [] };
  return record.state === "half-open" ? { ...record, probes: record.probes.filter(({ untilMs }) => untilMs > nowMs) } : record;
}

function isProbe(record: BreakerRecord, { holder }: BreakerMoment): boolean {
  return record.state === "half-open" && record.probes.some((probe) => probe.holder === holder);
}

function letTry(record: BreakerRecord, rule: BreakerRule, moment: BreakerMoment): BreakerRecord {
  if (record.state !== "half-open" || isProbe(record, moment) || record.probes.length >= rule.probes) return record;
  return stamp({ ...record, probes: [...record.probes, { holder: moment.holder, untilMs: moment.nowMs + rule.probeMs }] }, moment);
}

function fail(record: BreakerRecord | null, ask: Extract<BreakerAsk, { kind: "failure" }>, moment: BreakerMoment): BreakerRecord | null {
  const { rule } = ask;
  const evidence = ask.evidence ?? record?.evidence ?? null;
  // What was under way when it opened says nothing new; only a try decides.
  if (record !== null && record.state !== "closed") {
    if (!isProbe(record, moment)) return record;
    const lastMs = record.openForMs ?? rule.forMs;
    return open(record, { forMs: Math.max(lastMs, Math.min(2 * lastMs, DOUBLED_MS_MAX)), evidence }, moment);
  }
  const failures = (record?.failures ?? 0) + 1;
  if (failures >= rule.failures) return open(record, { forMs: rule.forMs, evidence }, moment);
  return stamp({ ...(record ?? fresh(moment)), failures, evidence }, moment);
}

/** The longer time counts when it is open already. */
function open(record: BreakerRecord | null, how: { readonly forMs: number; readonly evidence: string | null }, moment: BreakerMoment): BreakerRecord {
  const { nowMs } = moment;
  const known = record ?? fresh(moment);
  const openForMs = Math.min(how.forMs, BREAKER_OPEN_MS_MAX);
  const isOpen = known.state === "open";
  const openUntilMs = Math.max(nowMs + openForMs, isOpen ? (known.openUntilMs ?? 0) : 0);
  const opened = { openedAtMs: isOpen ? known.openedAtMs : nowMs, openUntilMs, openForMs, trips: known.trips + (isOpen ? 0 : 1) };
  return stamp({ ...known, ...opened, state: "open", failures: 0, probes: [], evidence: how.evidence }, moment);
}

function fresh({ key, holder, nowMs }: BreakerMoment): BreakerRecord {
  return {
    key,
    state: "closed",
    failures: 0,
    trips: 0,
    openedAtMs: null,
    openUntilMs: null,
    openForMs: null,
    probes: [],
    evidence: null,
    by: holder,
    updatedAtMs: nowMs,
    expiresAtMs: nowMs + FORGET_MS,
  };
}

function stamp(record: BreakerRecord, { holder, nowMs }: BreakerMoment): BreakerRecord {
  return { ...record, by: holder, updatedAtMs: nowMs, expiresAtMs: Math.max(nowMs, record.openUntilMs ?? 0) + FORGET_MS };
}
