import { OpenAPIHono } from "@hono/zod-openapi";
import type { HttpBindings } from "@hono/node-server";
import type { Context } from "hono";
import { CofferdamError } from "../model/index.ts";
import { newId, type Chance, type Clock, type Logger } from "../platform/index.ts";
import type { Metrics } from "../metrics/index.ts";
import type { Caller, Guard } from "./guard.ts";
import type { Idempotency } from "./idempotency.ts";
import { asCofferdamError, problem } from "./problem.ts";
import { json, toResponse, type Reply } from "./reply.ts";
import type { RawCall, Route } from "./route.ts";

export interface AppDeps {
  readonly routes: readonly Route[];
  readonly guard: Guard;
  readonly idempotency: Idempotency;
  readonly metrics: Metrics;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly version: string;
}

type AppEnv = { Bindings: HttpBindings };
type AppContext = Context<AppEnv>;

export const OPENAPI_PATH = "/openapi.json";

/** Mounts the table of routes. What is common to all of them happens here, in one order: origin, caller, role, body, idempotency, handler. */
export function createApp(deps: AppDeps): OpenAPIHono<AppEnv> {
  const app = new OpenAPIHono<AppEnv>();
  app.openAPIRegistry.registerComponent("securitySchemes", "bearer", { type: "http", scheme: "bearer" });
  for (const route of deps.routes) {
    app.openAPIRegistry.registerPath(route.openapi);
    app.on(route.method.toUpperCase(), honoPath(route.path), (context) =>
      answer(deps, context, { label: route.path, serve: (caller, requestId) => serveRoute(deps, context, { route, caller, requestId }) }),
    );
  }
  let document: string | null = null;
  app.get(OPENAPI_PATH, (context) =>
    answer(deps, context, {
      label: OPENAPI_PATH,
      serve: async () => ({
        ...json(null),
        body: (document ??= JSON.stringify(app.getOpenAPI31Document({ openapi: "3.1.0", info: { title: "Cofferdam", version: deps.version }, security: [{ bearer: [] }, {}] }))),
      }),
    }),
  );
  app.notFound((context) => answer(deps, context, { label: "unmatched", serve: async () => refuseUnmatched(deps.routes, context) }));
  return app;
}

interface Answering {
  /** The route as metrics name it: never the address itself. */
  readonly label: string;
  serve(caller: Caller, requestId: string): Promise<Reply>;
}

async function answer(deps: AppDeps, context: AppContext, answering: Answering): Promise<Response> {
  const startedAtMs = deps.clock.monotonicMs();
  const { incoming, outgoing } = context.env;
  const method = incoming.method ?? "GET";
  const requestId = requestIdOf(incoming.headers["x-request-id"]) ?? newId("request", deps.clock.nowMs(), deps.chance);
  outgoing.setHeader("x-request-id", requestId);
  const reply = await attempt(deps, { requestId, isPublicProbe: PROBES.has(answering.label) }, context, answering);
  deps.metrics.observeRequest({ method, route: answering.label, code: reply.status, durationMs: deps.clock.monotonicMs() - startedAtMs });
  return toResponse(method === "HEAD" ? await withoutBody(reply) : reply);
}

/** A stream that nobody will read must not stay open. */
async function withoutBody(reply: Reply): Promise<Reply> {
  if (reply.body instanceof ReadableStream) await reply.body.cancel();
  return { ...reply, body: null };
}

/** Whoever runs the container asks these by address; they tell nothing that is worth a guard. */
const PROBES: ReadonlySet<string> = new Set(["/livez", "/readyz", "/startupz"]);

async function attempt(deps: AppDeps, asked: { readonly requestId: string; readonly isPublicProbe: boolean }, context: AppContext, answering: Answering): Promise<Reply> {
  const { headers, method = "GET" } = context.env.incoming;
  try {
    if (!asked.isPublicProbe) deps.guard.checkOrigin(method, headers);
    return await answering.serve(asked.isPublicProbe ? { role: null, name: "probe" } : deps.guard.identify(headers), asked.requestId);
  } catch (thrown) {
    const error = asCofferdamError(thrown);
    if (error.status >= 500) deps.logger[error.family === "broken" ? "error" : "warn"]({ requestId: asked.requestId, code: error.code, err: error.cause ?? error }, error.message);
    return problem(error, asked.requestId, challenge(error, headers.authorization));
  }
}

/** RFC 6750: how to be let in. */
function challenge(error: CofferdamError, authorization: string | undefined): Readonly<Record<string, string>> {
  if (error.code !== "unauthenticated") return error.code === "method_not_allowed" && error.hint !== undefined ? { allow: error.hint } : {};
  return { "www-authenticate": authorization === undefined ? 'Bearer realm="cofferdam"' : 'Bearer realm="cofferdam", error="invalid_token"' };
}

async function serveRoute(
  deps: AppDeps,
  context: AppContext,
  { route, caller, requestId }: { readonly route: Route; readonly caller: Caller; readonly requestId: string },
): Promise<Reply> {
  deps.guard.admit(caller, route.access);
  const { incoming } = context.env;
  const query = Object.fromEntries(Object.entries(context.req.queries()).map(([name, values]) => [name, values.join(",")]));
  const call: RawCall = { incoming, params: context.req.param(), query, requestId, caller, remember: null };
  const body = await route.readBody(call);
  if (!route.idempotent || body === null) return serveAudited(deps, route, call, body);
  const key = incoming.headers["idempotency-key"];
  return deps.idempotency.once({ key: typeof key === "string" ? key : undefined, scope: `${incoming.method} ${route.path}`, body }, (remember) =>
    route.serve({ ...call, remember }, body),
  );
}

/** Who did what: every change but the adding of jobs, which the jobs themselves record. */
async function serveAudited({ logger }: AppDeps, route: Route, call: RawCall, body: Buffer | null): Promise<Reply> {
  const reply = await route.serve(call, body);
  if (route.method !== "get")
    logger.info({ requestId: call.requestId, by: call.caller.name, method: route.method, route: route.path, params: call.params, status: reply.status }, "changed through the API");
  return reply;
}

function refuseUnmatched(routes: readonly Route[], context: AppContext): never {
  const allowed = routes.filter(({ path }) => pathPattern(path).test(context.req.path)).map(({ method }) => method.toUpperCase());
  if (context.req.path === OPENAPI_PATH) allowed.push("GET");
  if (allowed.length > 0)
    throw new CofferdamError("method_not_allowed", `${context.req.path} does not take ${context.req.method}`, { hint: [...new Set(allowed)].sort().join(", ") });
  throw new CofferdamError("route_not_found", `there is nothing at ${context.req.path}`, { hint: `${OPENAPI_PATH} lists what there is.` });
}

const REQUEST_ID_PATTERN = /^[\w.:-]{1,128}$/;

function requestIdOf(written: string | string[] | undefined): string | null {
  return typeof written === "string" && REQUEST_ID_PATTERN.test(written) ? written : null;
}

function honoPath(path: string): string {
  return path.replaceAll(/\{(\w+)\}/g, ":$1");
}

function pathPattern(path: string): RegExp {
  return new RegExp(`^${path.replaceAll(".", "\\.").replaceAll(/\{\w+\}/g, "[^/]+")}$`);
}
