import type {
  AttemptRecord,
  Fact,
  FlightSample,
  Hypothesis,
  IncidentNote,
  IncidentRecord,
  InputShape,
  JobRecord,
  Neighbour,
  OccurrenceRecord,
  TreeListing,
  ValidationRecord,
} from "../model/index.ts";
import { isTrouble, SUSPECTS, type TroubleEnd, type TroubleKind } from "../model/index.ts";
import { findImpact, type HurtNeighbour } from "./impact.ts";
import { recommend, type Recommendation } from "./recommend.ts";
import { findBehind, findSimilar, type SimilarIncident } from "./similar.ts";
import { tellTimeline, type TimelineEntry } from "./timeline.ts";
import { findTrigger } from "./trigger.ts";
import { recommendForTrouble, summariseTrouble, tellTroubleTimeline, troubleImpact, troubleTrigger } from "./trouble-report.ts";

/** Everything a report is made of, as it was read from the store. The last attempt may have passed its retention. */
export interface ReportInput {
  readonly incident: IncidentRecord;
  readonly attempt: AttemptRecord | null;
  readonly job: JobRecord | null;
  /** Newest first. */
  readonly occurrences: readonly OccurrenceRecord[];
  /** Attempts that died around the time of the last one. */
  readonly around: readonly AttemptRecord[];
  /** Incidents of the last seven days. */
  readonly recent: readonly IncidentRecord[];
  readonly validations: readonly ValidationRecord[];
}

/** The report as data: what Markdown, the terminal and the dashboard are rendered from. Every number stands beside the place where it was read. */
export interface IncidentReport {
  readonly incident: IncidentRecord;
  /** Two sentences. */
  readonly summary: readonly string[];
  readonly impact: readonly Fact[];
  readonly hurt: readonly HurtNeighbour[];
  readonly neighbours: readonly Neighbour[];
  readonly trigger: readonly Fact[];
  readonly timeline: readonly TimelineEntry[];
  readonly cause: CauseSection;
  readonly done: readonly Fact[];
  readonly recommendation: Recommendation;
  readonly reproduce: readonly string[];
  /** The ends that a trouble follows from, the first one first; none for an incident of single ends. */
  readonly ends: readonly TroubleEnd[];
  /** Of the last attempt. */
  readonly supporting: Supporting;
  readonly occurrences: readonly OccurrenceRecord[];
  readonly similar: readonly SimilarIncident[];
  readonly validations: readonly ValidationRecord[];
  readonly notes: readonly IncidentNote[];
}

export interface CauseSection {
  readonly cause: string;
  readonly confidence: string;
  readonly summary: string;
  readonly evidence: readonly Fact[];
  readonly hypotheses: readonly Hypothesis[];
  /** Which of the five suspects holds, or that none is proven. */
  readonly suspects: string;
}

export interface Supporting {
  readonly facts: readonly Fact[];
  readonly curve: readonly FlightSample[];
  readonly memoryBudgetBytes: number | null;
  readonly tree: TreeListing | null;
  readonly stack: readonly string[];
  readonly errorStack: string | null;
  readonly logTail: readonly string[];
  readonly kernelLog: readonly string[];
  readonly input: InputShape | null;
}

const OCCURRENCES_SHOWN = 20;

/** Puts a report together. Pure. */
export function buildReport(input: ReportInput): IncidentReport {
  return isTrouble(input.incident.cause) ? buildTroubleReport(input, input.incident.cause) : buildEndReport(input);
}

function buildEndReport(input: ReportInput): IncidentReport {
  const { incident, attempt, job, occurrences, around, recent, validations } = input;
  const { facts: impact, hurt } = findImpact({ incident, attempt, job, around });
  return {
    incident,
    summary: summarise(incident, attempt),
    impact,
    hurt,
    neighbours: attempt?.autopsy?.neighbours ?? [],
    trigger: attempt === null ? [] : findTrigger(incident, attempt),
    timeline: attempt === null ? [] : tellTimeline(attempt, job, hurt),
    cause: causeOf(incident, attempt),
    done: attempt === null ? [] : whatWasDone(attempt, job),
    recommendation: recommend(incident, attempt),
    reproduce: attempt === null ? [] : [`cofferdam replay ${attempt.id}`],
    supporting: supportOf(attempt),
    ends: [],
    occurrences: occurrences.slice(0, OCCURRENCES_SHOWN),
    similar: findSimilar(incident, recent),
    validations,
    notes: incident.notes,
  };
}

/** A lane, type, service or runtime that got into trouble as a whole: what counts are the ends together, not the last one. */
function buildTroubleReport({ incident, attempt, occurrences, recent, validations }: ReportInput, kind: TroubleKind): IncidentReport {
  const detail = occurrences[0]?.trouble ?? null;
  const ends = detail?.ends ?? [];
  return {
    incident,
    summary: summariseTrouble(incident, detail),
    impact: troubleImpact(incident, ends),
    hurt: [],
    neighbours: [],
    trigger: troubleTrigger(incident, occurrences[0]?.release ?? null),
    timeline: tellTroubleTimeline(incident, occurrences, ends),
    cause: { cause: kind, confidence: "certain", summary: detail?.reason ?? incident.title, evidence: detail?.facts ?? [], hypotheses: [], suspects: "" },
    done: detail?.done ?? [],
    recommendation: recommendForTrouble(kind, incident, ends),
    reproduce: attempt === null ? [] : [`cofferdam replay ${attempt.id}`],
    ends,
    supporting: supportOf(attempt),
    occurrences: occurrences.slice(0, OCCURRENCES_SHOWN),
    similar: findBehind(incident, ends, recent),
    validations,
    notes: incident.notes,
  };
}

function summarise({ type, cause, count, title }: IncidentRecord, attempt: AttemptRecord | null): readonly string[] {
  const times = count === 1 ? "It was seen once" : `It was seen ${count} times`;
  const what = attempt === null ? `${title}; the record of the last attempt has passed its retention.` : attempt.verdict.summary;
  return [what, `${times}, in jobs of type ${type} (cause ${cause}).`];
}

function causeOf(incident: IncidentRecord, attempt: AttemptRecord | null): CauseSection {
  if (attempt === null) return { cause: incident.cause, confidence: "unknown", summary: incident.title, evidence: [], hypotheses: [], suspects: "" };
  const { cause, confidence, summary, evidence, hypotheses } = attempt.verdict;
  return { cause, confidence, summary, evidence, hypotheses, suspects: wordSuspects(hypotheses) };
}

/** "The evidence supports: …", or that none is proven. Empty for ends that are explained without suspects. */
export function wordSuspects(hypotheses: readonly Hypothesis[]): string {
  const judged = hypotheses.filter(({ cause }) => (SUSPECTS as readonly string[]).includes(cause));
  if (judged.length === 0) return "";
  const named = (confidence: Hypothesis["confidence"]): string =>
    judged
      .filter((each) => each.confidence === confidence)
      .map(({ cause }) => cause)
      .join(", ");
  const proven = named("proven");
  if (proven !== "") return `Of the five usual suspects this one holds: ${proven}.`;
  const likely = named("likely");
  return likely === "" ? "Of the five usual suspects none is proven." : `Of the five usual suspects none is proven; likely: ${likely}.`;
}

const NEXT_WORDS = {
  complete: "the job was completed",
  retry: "the job was given another attempt",
  quarantine: "the job was put into quarantine",
  "give-up": "the job was given up",
  cancelled: "the job was cancelled",
} as const;

function whatWasDone(attempt: AttemptRecord, job: JobRecord | null): readonly Fact[] {
  return [
    { fact: NEXT_WORDS[attempt.next], value: job === null ? null : `it is now ${job.state}`, source: "journal: attempt, job" },
    ...attempt.leaks.map((leak) => ({ fact: `left behind and ${leak.state}`, value: `${leak.pid ?? ""} ${leak.command}`.trim(), source: "census" })),
  ];
}

function supportOf(attempt: AttemptRecord | null): Supporting {
  const autopsy = attempt?.autopsy ?? null;
  return {
    facts: attempt === null ? [] : supportFacts(attempt),
    curve: autopsy?.curve ?? [],
    memoryBudgetBytes: attempt?.budget.memoryBytes ?? null,
    tree: autopsy?.tree ?? null,
    stack: attempt?.verdict.stack ?? [],
    errorStack: attempt?.verdict.error?.stack ?? null,
    logTail: autopsy?.logTail ?? [],
    kernelLog: autopsy?.kernelLog ?? [],
    input: autopsy?.input ?? null,
  };
}

function supportFacts({ usage, enforcement, exit, pid, workerId, autopsy }: AttemptRecord): readonly Fact[] {
  const samples = `samples (${usage.memoryMethod})`;
  const facts: Fact[] = [
    { fact: "exit", value: exit?.signal ?? exit?.code ?? "not seen", source: "exit status" },
    { fact: "wall time, seconds", value: usage.wallSeconds, source: "supervisor clock" },
    { fact: "CPU, seconds", value: usage.cpuSeconds, source: samples },
    { fact: "peak memory of the tree, bytes", value: usage.memoryMethod === "none" ? null : usage.memoryPeakBytes, source: samples },
    { fact: "most threads and processes at once", value: usage.pidsPeak, source: "samples" },
    { fact: "output, bytes", value: usage.outputBytes, source: "log size" },
    { fact: "worker", value: pid === 0 ? workerId : `${workerId}, pid ${pid}`, source: "journal: attempt" },
    { fact: "enforcement (tier, memory, pids)", value: `${enforcement.tier}, ${enforcement.memory}, ${enforcement.pids}`, source: "probe at the start" },
  ];
  if (autopsy?.input != null)
    facts.push(
      { fact: "input, bytes", value: autopsy.input.bytes, source: "queue: input" },
      { fact: "input fingerprint (SHA-256)", value: autopsy.input.fingerprint, source: "queue: input" },
    );
  for (const { state, file } of autopsy?.artifacts ?? [])
    facts.push({ fact: "heap snapshot", value: state === "finished" ? file : "not finished", source: "V8: --heapsnapshot-near-heap-limit" });
  if (autopsy?.release != null) facts.push({ fact: "release", value: autopsy.release, source: "config: release" });
  const { machineBefore: before, machineAfter: after } = autopsy ?? { machineBefore: null, machineAfter: null };
  if (after?.availableBytes != null)
    facts.push({ fact: "memory the machine or container still had after the end, bytes", value: after.availableBytes, source: "/proc/meminfo, cgroup" });
  if (after?.memorySomePercent != null)
    facts.push({ fact: "time stalled for memory after the end (PSI some, 10 s), percent", value: after.memorySomePercent, source: "/proc/pressure/memory" });
  if (before?.oomKills != null && after?.oomKills != null && before.bootId === after.bootId)
    facts.push({ fact: "out-of-memory kills on the machine meanwhile", value: Math.max(0, after.oomKills - before.oomKills), source: "/proc/vmstat oom_kill rise" });
  return facts;
}
