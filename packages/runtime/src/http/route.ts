import type { IncomingMessage } from "node:http";
import { z, type RouteConfig } from "@hono/zod-openapi";
import { CofferdamError, ERROR_KINDS, suggestName, type ErrorCode, type IdempotencyEntry, type PointedError } from "../model/index.ts";
import { checkMediaType, decodeBody, readBody } from "./body.ts";
import type { Access, Caller } from "./guard.ts";
import { parseText, splitObject } from "./json-text.ts";
import type { Reply } from "./reply.ts";

export type Method = "get" | "post" | "put" | "patch" | "delete";

/** One request, before its parts are looked at. */
export interface RawCall {
  readonly incoming: IncomingMessage;
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  readonly requestId: string;
  readonly caller: Caller;
  /** With an Idempotency-Key: what to remember when this is the answer. */
  readonly remember: Remember | null;
}

export type Remember = (reply: Reply) => IdempotencyEntry;

/** One request whose parts have been checked. */
export interface Call<Params, Query, Body> {
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  /** The JSON text of the body's member named by `raw`; undefined when it was not sent. */
  readonly raw: string | undefined;
  readonly headers: IncomingMessage["headers"];
  readonly requestId: string;
  readonly caller: Caller;
  readonly remember: Remember | null;
}

export interface Answer {
  readonly description: string;
  readonly schema?: z.ZodType;
  readonly contentType?: string;
}

interface RouteSpec<Params extends z.ZodType, Query extends z.ZodType, Body extends z.ZodType> {
  readonly method: Method;
  /** With `{name}` for parameters, as in OpenAPI. */
  readonly path: string;
  readonly access: Access;
  readonly summary: string;
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  /** A member of the body that stays text. */
  readonly raw?: string;
  readonly bodyBytesMax?: number;
  /** Takes an Idempotency-Key. */
  readonly idempotent?: boolean;
  readonly answers: Readonly<Record<number, Answer>>;
  /** What it may refuse, beside what every route may. */
  readonly refusals?: readonly ErrorCode[];
  handle(call: Call<z.output<Params>, z.output<Query>, z.output<Body>>): Promise<Reply> | Reply;
}

/** A route with its types closed over. The table of these is the API: mounting, roles, 405, OpenAPI and docs all come from it. */
export interface Route {
  readonly method: Method;
  readonly path: string;
  readonly access: Access;
  readonly summary: string;
  readonly answers: Readonly<Record<number, Answer>>;
  readonly refusals: readonly ErrorCode[];
  readonly idempotent: boolean;
  readonly openapi: RouteConfig;
  readBody(call: RawCall): Promise<Buffer | null>;
  serve(call: RawCall, body: Buffer | null): Promise<Reply>;
}

export const NOTHING = z.strictObject({});
const SMALL_BODY_BYTES = 64 * 1024;

export function route<Params extends z.ZodType, Query extends z.ZodType, Body extends z.ZodType>(spec: RouteSpec<Params, Query, Body>): Route {
  const takesBody = spec.method !== "get";
  const { method, path, access, summary, answers, refusals = [], idempotent = false } = spec;
  return {
    method,
    path,
    access,
    summary,
    answers,
    refusals,
    idempotent,
    openapi: describeRoute(spec),
    async readBody({ incoming }) {
      if (!takesBody) return null;
      const bytes = await readBody(incoming, spec.bodyBytesMax ?? SMALL_BODY_BYTES);
      checkMediaType(incoming.headers, bytes.length > 0);
      return bytes;
    },
    async serve(call, bytes) {
      const params = check(spec.params, call.params, "/path");
      const query = check(spec.query, call.query, "/query");
      const { members, raw } = parseBody(bytes, spec.raw);
      const body = check(spec.body, members, "");
      return spec.handle({ params, query, body, raw, headers: call.incoming.headers, requestId: call.requestId, caller: call.caller, remember: call.remember });
    },
  };
}

function parseBody(bytes: Buffer | null, rawName: string | undefined): { readonly members: unknown; readonly raw: string | undefined } {
  if (bytes === null || bytes.length === 0) return { members: {}, raw: undefined };
  const texts = splitObject(decodeBody(bytes));
  const raw = rawName === undefined ? undefined : texts.get(rawName);
  if (rawName !== undefined) texts.delete(rawName);
  return { members: Object.fromEntries([...texts].map(([name, text]) => [name, parseText(text)])), raw };
}

export function check<Schema extends z.ZodType>(schema: Schema, value: unknown, base: string): z.output<Schema> {
  const outcome = schema.safeParse(value);
  if (outcome.success) return outcome.data;
  const errors = outcome.error.issues.flatMap((issue) => pointErrors(issue, schema, base));
  throw new CofferdamError("invalid_request", `the request is not valid: ${errors.map(({ pointer, detail }) => `${pointer} ${detail}`.trim()).join("; ")}`, { errors });
}

function pointErrors(issue: z.core.$ZodIssue, schema: z.ZodType, base: string): PointedError[] {
  const pointer = `${base}${issue.path.map((part) => `/${String(part).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("")}`;
  if (issue.code !== "unrecognized_keys") return [{ pointer, detail: issue.message }];
  const known = schema instanceof z.ZodObject && issue.path.length === 0 ? Object.keys(schema.shape) : [];
  return issue.keys.map((key) => ({ pointer: `${pointer}/${key}`, detail: `is not known here${suggestName(key, known)}` }));
}

/** The same schemas that check a request describe it. */
function describeRoute<Params extends z.ZodType, Query extends z.ZodType, Body extends z.ZodType>(spec: RouteSpec<Params, Query, Body>): RouteConfig {
  const request: NonNullable<RouteConfig["request"]> = {};
  if (spec.params instanceof z.ZodObject) request.params = spec.params;
  if (spec.query instanceof z.ZodObject) request.query = spec.query;
  if (spec.body instanceof z.ZodObject && (spec.raw !== undefined || Object.keys(spec.body.shape).length > 0)) {
    const schema = spec.raw === undefined ? spec.body : spec.body.extend({ [spec.raw]: z.unknown().optional() });
    request.body = { content: { "application/json": { schema } } };
  }
  const responses: RouteConfig["responses"] = {};
  for (const [status, answer] of Object.entries(spec.answers)) {
    const described = { description: answer.description };
    responses[status] =
      answer.schema === undefined && answer.contentType === undefined
        ? described
        : { ...described, content: { [answer.contentType ?? "application/json"]: { schema: answer.schema ?? z.string() } } };
  }
  for (const [status, codes] of byStatus(spec.refusals ?? []))
    responses[status] ??= { description: codes.join(", "), content: { "application/problem+json": { schema: PROBLEM } } };
  responses.default = { description: "Any other refusal", content: { "application/problem+json": { schema: PROBLEM } } };
  return { method: spec.method, path: spec.path, summary: spec.summary, request, responses, ...(spec.access === "public" ? { security: [] } : {}) };
}

export const PROBLEM = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.number().int(),
    detail: z.string(),
    instance: z.string(),
    code: z.string(),
    hint: z.string().optional(),
    errors: z.array(z.object({ pointer: z.string(), detail: z.string() })).optional(),
    retry_after_seconds: z.number().optional(),
  })
  .openapi("Problem");

function byStatus(codes: readonly ErrorCode[]): Map<string, ErrorCode[]> {
  const found = new Map<string, ErrorCode[]>();
  for (const code of codes) {
    const status = String(ERROR_KINDS[code].status);
    found.set(status, [...(found.get(status) ?? []), code]);
  }
  return found;
}
