import { z } from "@hono/zod-openapi";
import { CofferdamError, type ErrorCode } from "../../model/index.ts";
import type { Control, Enqueued, EnqueueRequest } from "../../control/ports.ts";
import { parseText, splitArray, splitObject } from "../json-text.ts";
import { asCofferdamError, problemOf } from "../problem.ts";
import { json, type Reply } from "../reply.ts";
import { check, NOTHING, PROBLEM, route, type Route } from "../route.ts";
import { ENQUEUED, TIME } from "../schemas.ts";
import { API, type RouteDeps } from "./deps.ts";

const ENVELOPE_BYTES = 64 * 1024;
export const BATCH_ITEMS_MAX = 10_000;
export const BATCH_BYTES_MAX = 8 * 1024 * 1024;
/** Text that is taken apart before the loop gets a turn. */
const SLICE_CHARACTERS = 512 * 1024;

const JOB_REQUEST = z
  .strictObject({
    type: z.string().min(1).max(200),
    lane: z.string().max(200).optional(),
    priority: z.number().optional(),
    run_at: TIME.optional(),
    delay_seconds: z.number().nonnegative().max(31_536_000).optional(),
    unique_key: z.string().optional(),
    tags: z.array(z.string()).optional(),
  })
  .refine(({ run_at, delay_seconds }) => run_at === undefined || delay_seconds === undefined, { message: "cannot be given together with run_at", path: ["delay_seconds"] });

const ADMISSION: readonly ErrorCode[] = [
  "invalid_json",
  "invalid_request",
  "input_too_large",
  "unsupported_media_type",
  "unknown_job_type",
  "unknown_lane",
  "invalid_input",
  "lane_full",
  "intake_paused",
  "draining",
  "starting",
  "store_full",
  "validator_failed",
];
const ONCE: readonly ErrorCode[] = ["request_in_progress", "idempotency_key_reused"];

export function enqueueRoutes({ control, clock, options }: RouteDeps): readonly Route[] {
  const toRequest = (body: z.output<typeof JOB_REQUEST>, input: string | undefined): EnqueueRequest => ({
    type: body.type,
    ...(input === undefined ? {} : { input }),
    ...(body.lane === undefined ? {} : { lane: body.lane }),
    ...(body.priority === undefined ? {} : { priority: body.priority }),
    ...(body.run_at === undefined ? {} : { runAtMs: body.run_at }),
    ...(body.delay_seconds === undefined ? {} : { runAtMs: clock.nowMs() + body.delay_seconds * 1000 }),
    ...(body.unique_key === undefined ? {} : { uniqueKey: body.unique_key }),
    ...(body.tags === undefined ? {} : { tags: body.tags }),
  });

  return [
    route({
      method: "post",
      path: `${API}/jobs`,
      access: "operate",
      summary: "Add a job",
      params: NOTHING,
      query: NOTHING,
      body: JOB_REQUEST,
      raw: "input",
      bodyBytesMax: options.inputBytesMax + ENVELOPE_BYTES,
      idempotent: true,
      answers: {
        201: { description: "Stored on disk; Location says where", schema: ENQUEUED },
        200: { description: "A job with this unique key is already waiting or running", schema: ENQUEUED },
      },
      refusals: [...ADMISSION, ...ONCE],
      async handle({ body, raw, remember }) {
        const request = toRequest(body, raw);
        return answerOf(await control.enqueue(remember === null ? request : { ...request, answer: (job) => remember(answerOf(job)) }));
      },
    }),
    route({
      method: "post",
      path: `${API}/batches`,
      access: "operate",
      summary: `Add up to ${BATCH_ITEMS_MAX} jobs; each is accepted or refused by itself`,
      params: NOTHING,
      query: NOTHING,
      body: NOTHING,
      raw: "jobs",
      bodyBytesMax: Math.max(BATCH_BYTES_MAX, options.inputBytesMax + ENVELOPE_BYTES),
      idempotent: true,
      answers: { 202: { description: "What became of each item, in their order; accepted ones are stored on disk", schema: BATCH_ANSWER } },
      refusals: ["invalid_json", "invalid_request", "input_too_large", "unsupported_media_type", "intake_paused", "draining", "starting", "store_full", ...ONCE],
      async handle({ raw, requestId }) {
        const parsed = await parseItems(raw, toRequest);
        const outcomes = await control.enqueueMany(parsed.flatMap((item) => (item instanceof Error ? [] : [item])));
        let next = 0;
        const items = parsed.map((item) => {
          const outcome = item instanceof Error ? ({ ok: false, error: item } as const) : outcomes[next++];
          if (outcome?.ok === true) return { status: outcome.job.deduplicated ? 200 : 201, job: outcome.job };
          const error = asCofferdamError(outcome?.error);
          return { status: error.status, problem: problemOf(error, requestId) };
        });
        const accepted = items.filter((item) => "job" in item).length;
        refuseAsOne(outcomes);
        return json({ accepted, refused: items.length - accepted, items }, { status: 202 });
      },
    }),
  ];
}

function answerOf(job: Enqueued): Reply {
  return json(job, { status: job.deduplicated ? 200 : 201, headers: { location: `${API}/jobs/${job.id}` } });
}

const BATCH_ANSWER = z.strictObject({
  accepted: z.number().int(),
  refused: z.number().int(),
  items: z.array(z.union([z.strictObject({ status: z.number(), job: ENQUEUED }), z.strictObject({ status: z.number(), problem: PROBLEM })])),
});

/** When nothing could be taken because of the host, that is the answer to the whole batch: it can be sent again as it is, with its key. */
function refuseAsOne(outcomes: Awaited<ReturnType<Control["enqueueMany"]>>): void {
  const errors = outcomes.flatMap((outcome) => (outcome.ok ? [] : [asCofferdamError(outcome.error)]));
  const [first] = errors;
  if (first !== undefined && errors.length === outcomes.length && errors.every(({ status }) => status >= 500)) throw first;
}

type ToRequest = (body: z.output<typeof JOB_REQUEST>, input: string | undefined) => EnqueueRequest;

/** Takes the array apart piece by piece; a wrong item spoils only itself, a broken array the whole. */
async function parseItems(raw: string | undefined, toRequest: ToRequest): Promise<readonly (EnqueueRequest | Error)[]> {
  if (raw === undefined) throw new CofferdamError("invalid_request", "the body has no jobs", { errors: [{ pointer: "/jobs", detail: "is missing" }] });
  if (!raw.startsWith("[")) throw new CofferdamError("invalid_request", "jobs must be an array", { errors: [{ pointer: "/jobs", detail: "must be an array" }] });
  const items: (EnqueueRequest | Error)[] = [];
  let characters = 0;
  for (const text of splitArray(raw)) {
    if (items.length === BATCH_ITEMS_MAX)
      throw new CofferdamError("invalid_request", `a batch has at most ${BATCH_ITEMS_MAX} jobs`, { errors: [{ pointer: "/jobs", detail: "too many" }] });
    items.push(parseItem(text, toRequest));
    characters += text.length;
    if (characters < SLICE_CHARACTERS) continue;
    characters = 0;
    await new Promise(setImmediate);
  }
  return items;
}

function parseItem(text: string, toRequest: ToRequest): EnqueueRequest | Error {
  try {
    const texts = splitObject(text);
    const input = texts.get("input");
    texts.delete("input");
    const members = Object.fromEntries([...texts].map(([name, value]) => [name, parseText(value)]));
    return toRequest(check(JOB_REQUEST, members, ""), input);
  } catch (error) {
    return asCofferdamError(error);
  }
}
