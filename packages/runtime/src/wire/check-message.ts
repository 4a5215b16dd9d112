import type { FromWorker } from "./messages.ts";

type Fields = Readonly<Record<string, unknown>>;
type Check = (value: unknown) => boolean;

/** The last moment that a Date can name. */
const MOMENT_MS_MAX = 8.64e15;

const isText: Check = (value) => typeof value === "string";
const isFlag: Check = (value) => typeof value === "boolean";
const isNumber: Check = (value) => Number.isFinite(value);
const isCount: Check = (value) => Number.isSafeInteger(value) && (value as number) >= 0;
const isMoment: Check = (value) => isCount(value) && (value as number) <= MOMENT_MS_MAX;
/** From 0; not always whole. */
const isAmount: Check = (value) => isNumber(value) && (value as number) >= 0;
const orNull =
  (check: Check): Check =>
  (value) =>
    value === null || check(value);
const listOf =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every((each) => check(each));
const record =
  (check: (fields: Fields) => boolean): Check =>
  (value) =>
    typeof value === "object" && value !== null && !Array.isArray(value) && check(value as Fields);

const isAttempt = ({ attemptId }: Fields): boolean => isText(attemptId);
const isAnswer = ({ request }: Fields): boolean => isCount(request);
const isTextOrNull = orNull(isText);
const isNumberOrNull = orNull(isNumber);

const isError = record(({ name, message, code, stack, retryable }) => isText(name) && isText(message) && isTextOrNull(code) && isTextOrNull(stack) && isFlag(retryable));
const isRest = record(({ heapUsedBytes, handles, scratchBytes }) => isCount(heapUsedBytes) && isCount(handles) && isCount(scratchBytes));
const isNext = record(({ attemptId, atMs, isLoading }) => isText(attemptId) && isMoment(atMs) && isFlag(isLoading));
const isRule = record(({ failures, forMs, probes, probeMs }) => isAmount(failures) && isAmount(forMs) && isAmount(probes) && isAmount(probeMs));
const areTrees = listOf(record(({ pid, what }) => isCount(pid) && isText(what)));
const areCounts = listOf((value) => Array.isArray(value) && isText(value[0]) && isAmount(value[1]));
const areTexts = listOf(isText);
/** What modules define is the registrar's business. */
const areTypes = listOf(record(() => true));
const areBroken = listOf(record(({ moduleUrl, message, at, stack }) => isText(moduleUrl) && isText(message) && isTextOrNull(at) && isTextOrNull(stack)));
const arePointed = listOf(record(({ pointer, detail }) => isText(pointer) && isText(detail)));

const isAsk = record(({ kind, rule, forMs, evidence }) => {
  if (kind === "ask") return isRule(rule);
  if (kind === "failure") return isRule(rule) && isTextOrNull(evidence);
  if (kind === "trip") return isAmount(forMs) && isText(evidence);
  return kind === "success" || kind === "reset";
});

const isEnding = ({ outcome, error }: Fields): boolean => outcome === "returned" || (outcome === "threw" && isError(error));

const isChange = ({ change, name, budgetMs }: Fields): boolean => (change === "entered" ? isText(name) && isAmount(budgetMs) : change === "cut" || change === "left");

const CHECKS: Readonly<Record<FromWorker["kind"], (fields: Fields) => boolean>> = {
  ready: ({ pid }) => isCount(pid),
  started: (fields) => isNext(fields) && isCount(fields["logOffset"]),
  progress: (fields) => isAttempt(fields) && isNumberOrNull(fields["done"]) && isNumberOrNull(fields["total"]) && isTextOrNull(fields["note"]),
  checkpoint: (fields) => isAttempt(fields) && isCount(fields["sequence"]),
  ended(fields) {
    const { logOffset, wallMs, cpuMicros, rest, next } = fields;
    if (!isAttempt(fields) || !isCount(logOffset) || !isNumber(wallMs) || !isNumber(cpuMicros) || !isEnding(fields)) return false;
    return (rest === undefined || isRest(rest)) && (next === undefined || isNext(next));
  },
  stage: (fields) => isAttempt(fields) && isCount(fields["stage"]) && isChange(fields),
  update: (fields) => isAttempt(fields) && isTextOrNull(fields["note"]),
  "service-error": (fields) => isAttempt(fields) && isText(fields["text"]),
  control: (fields) => isAttempt(fields) && isAnswer(fields) && isText(fields["method"]),
  breaker: (fields) => isAttempt(fields) && isAnswer(fields) && isText(fields["key"]) && isAsk(fields["ask"]),
  kept: ({ trees }) => areTrees(trees),
  counted: ({ type, counts }) => isText(type) && areCounts(counts),
  uncaught: ({ error }) => isError(error),
  exiting: ({ code, stack, drained }) => isNumber(code) && isTextOrNull(stack) && isFlag(drained),
  loaded: () => true,
  beat: () => true,
  recalled: ({ attemptIds }) => areTexts(attemptIds),
  described: (fields) => isAnswer(fields) && areTypes(fields["types"]) && areBroken(fields["broken"]),
  validated: (fields) => isAnswer(fields) && arePointed(fields["errors"]),
};

/**
 * What a worker says, or null: no message of a worker looks like this. User code lives in the same process and can write to the wire itself.
 * Costs less than a microsecond: every message goes through here.
 */
export function checkMessage(header: unknown): FromWorker | null {
  return isMessage(header) ? (header as FromWorker) : null;
}

const isMessage = record((fields) => {
  const { kind } = fields;
  return isKind(kind) && CHECKS[kind](fields);
});

function isKind(kind: unknown): kind is FromWorker["kind"] {
  return typeof kind === "string" && Object.hasOwn(CHECKS, kind);
}
