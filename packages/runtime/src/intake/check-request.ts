import { CofferdamError, suggestName, type BrokenModule, type JobType, type PointedError } from "../model/index.ts";
import type { EnqueueRequest } from "../control/ports.ts";

export const PRIORITY_MIN = -100;
export const PRIORITY_MAX = 100;
export const UNIQUE_KEY_CHARACTERS_MAX = 512;
export const TAGS_MAX = 32;
export const TAG_CHARACTERS_MAX = 100;
/** A thousand years: beyond it a time is a mistake of units. */
const RUN_AT_MS_MAX = 32_503_680_000_000;

/** Everything that can be said about a request without knowing the machine's state. All mistakes at once. */
export function checkRequest(request: EnqueueRequest): void {
  const errors: PointedError[] = [];
  const { priority, runAtMs, uniqueKey, tags } = request;
  if (priority !== undefined && !(Number.isInteger(priority) && priority >= PRIORITY_MIN && priority <= PRIORITY_MAX))
    errors.push({ pointer: "/priority", detail: `${String(priority)} is not a whole number from ${PRIORITY_MIN} to ${PRIORITY_MAX}` });
  if (runAtMs !== undefined && !(Number.isFinite(runAtMs) && runAtMs >= 0 && runAtMs < RUN_AT_MS_MAX))
    errors.push({ pointer: "/run_at", detail: `${String(runAtMs)} is not a time` });
  if (uniqueKey !== undefined && (uniqueKey.length === 0 || uniqueKey.length > UNIQUE_KEY_CHARACTERS_MAX))
    errors.push({ pointer: "/unique_key", detail: `must have 1 to ${UNIQUE_KEY_CHARACTERS_MAX} characters` });
  if (tags !== undefined) errors.push(...checkTags(tags));
  if (errors.length > 0) throw new CofferdamError("invalid_request", `the job was not added: ${wordErrors(errors)}`, { errors });
}

function checkTags(tags: readonly string[]): PointedError[] {
  if (tags.length > TAGS_MAX) return [{ pointer: "/tags", detail: `at most ${TAGS_MAX} tags are taken, not ${tags.length}` }];
  return tags.flatMap((tag, index) =>
    tag.length === 0 || tag.length > TAG_CHARACTERS_MAX ? [{ pointer: `/tags/${index}`, detail: `must have 1 to ${TAG_CHARACTERS_MAX} characters` }] : [],
  );
}

/** The type that was asked for. @throws CofferdamError `unknown_job_type`, with the nearest name and what could not be loaded. */
export function findType(name: string, types: ReadonlyMap<string, JobType>, broken: readonly BrokenModule[]): JobType {
  const found = types.get(name);
  if (found !== undefined) return found;
  const first = broken[0];
  const hint =
    first === undefined
      ? `Known types: ${[...types.keys()].sort().slice(0, 20).join(", ") || "none; is the jobs directory right?"}`
      : `${broken.length} job module(s) could not be loaded, first ${first.at ?? first.moduleUrl}: ${first.message}`;
  throw new CofferdamError("unknown_job_type", `there is no job type ${JSON.stringify(name)}${suggestName(name, [...types.keys()])}`, {
    hint,
    errors: [{ pointer: "/type", detail: "no such job type" }],
  });
}

/** The input's JSON text, checked for size and form exactly once; from here on it is only carried. */
export function checkInput(input: string, bytesMax: number): string {
  const bytes = Buffer.byteLength(input);
  if (bytes > bytesMax)
    throw new CofferdamError("input_too_large", `the input has ${bytes} bytes; at most ${bytesMax} are taken`, {
      hint: "Store large data elsewhere and give the job its address, or raise inputMax.",
      errors: [{ pointer: "/input", detail: `${bytes} bytes, at most ${bytesMax}` }],
    });
  try {
    JSON.parse(input);
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    throw new CofferdamError("invalid_json", `the input is not valid JSON: ${detail}`, { cause: error, errors: [{ pointer: "/input", detail }] });
  }
  return input;
}

export function wordErrors(errors: readonly PointedError[]): string {
  return errors.map(({ pointer, detail }) => (pointer === "" ? detail : `${pointer} ${detail}`)).join("; ");
}
