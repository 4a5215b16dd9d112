import { request, type IncomingHttpHeaders, type IncomingMessage, type OutgoingHttpHeaders, type ServerResponse } from "node:http";
import { CofferdamError } from "../model/index.ts";
import { newId, type Chance, type Clock, type Logger } from "../platform/index.ts";
import type { Control } from "../control/index.ts";
import type { Metrics } from "../metrics/index.ts";
import type { AppView } from "../service/index.ts";
import type { Access, Caller, Guard } from "./guard.ts";
import { asCofferdamError, problem } from "./problem.ts";

export interface AppProxyDeps {
  readonly control: Pick<Control, "app">;
  readonly guard: Guard;
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly logger: Logger;
  /** The app that also answers what nobody else does; null: none. */
  readonly rootApp: string | null;
}

/** Hands requests on to the processes of apps. No user code runs here, and nothing here waits without a bound. */
export interface AppProxy {
  /** The app that this request is for; null when it is not for an app. */
  route(incoming: IncomingMessage): AppRoute | null;
  serve(route: AppRoute, incoming: IncomingMessage, outgoing: ServerResponse): void;
}

export interface AppRoute {
  readonly name: string;
  /** Address and query as the app sees them; null for `/apps/name` without its slash. */
  readonly url: string | null;
  readonly basePath: string;
}

const PREFIX = "/apps/";
/** Addresses of the runtime's own. */
const OWN = /^\/(?:api\/|errors\/|apps(?:\/|$)|livez$|readyz$|startupz$|healthz$|metrics$|openapi\.json$)/;
const PAGES_POLICY = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'; base-uri 'self'; form-action 'self'";
/** Headers that belong to one connection. */
const HOP_BY_HOP: ReadonlySet<string> = new Set(["connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "te", "trailer", "transfer-encoding", "upgrade"]);

export function createAppProxy(deps: AppProxyDeps): AppProxy {
  return {
    route({ url = "/" }) {
      const path = url.split("?", 1)[0] ?? "/";
      if (!path.startsWith(PREFIX)) return deps.rootApp === null || OWN.test(path) ? null : { name: deps.rootApp, url, basePath: "/" };
      const name = path.slice(PREFIX.length).split("/", 1)[0] ?? "";
      const basePath = `${PREFIX}${name}/`;
      return { name, url: path.length < basePath.length ? null : `/${url.slice(basePath.length)}`, basePath };
    },
    serve: (route, incoming, outgoing) => serve(deps, route, incoming, outgoing),
  };
}

function serve(deps: AppProxyDeps, route: AppRoute, incoming: IncomingMessage, outgoing: ServerResponse): void {
  const startedAtMs = deps.clock.monotonicMs();
  const method = incoming.method ?? "GET";
  const requestId = newId("request", deps.clock.nowMs(), deps.chance);
  const done = (code: number): void => deps.metrics.observeRequest({ method, route: `${PREFIX}{name}`, code, durationMs: deps.clock.monotonicMs() - startedAtMs });
  const refuse = (thrown: unknown): void => {
    const error = asCofferdamError(thrown);
    if (error.family === "broken") deps.logger.error({ requestId, err: error.cause ?? error }, error.message);
    done(error.status);
    incoming.resume();
    if (outgoing.headersSent) return void outgoing.destroy();
    const reply = problem(error, requestId, error.code === "unauthenticated" ? { "www-authenticate": 'Bearer realm="cofferdam"' } : {});
    outgoing.writeHead(reply.status, reply.headers).end(reply.body);
  };
  try {
    deps.guard.checkOrigin(method, incoming.headers);
    const app = deps.control.app(route.name);
    const caller = deps.guard.identify(incoming.headers);
    deps.guard.admit(caller, accessOf(app, method));
    if (route.url === null) {
      outgoing.writeHead(308, { location: route.basePath }).end();
      return done(308);
    }
    if (app.address === null)
      throw new CofferdamError("app_unavailable", `the app ${app.name} is ${app.state} and does not answer now`, {
        retryAfterSeconds: 1,
        hint: `cofferdam services show ${app.service}`,
      });
    forward({ deps, app, address: app.address, url: route.url, basePath: route.basePath, requestId, caller }, incoming, outgoing, { done, refuse });
  } catch (error) {
    refuse(error);
  }
}

/** Who may read may not change: an app that asks for `read` asks for `operate` where something is changed. */
function accessOf({ access }: AppView, method: string): Access {
  return access === "read" && method !== "GET" && method !== "HEAD" && method !== "OPTIONS" ? "operate" : access;
}

interface Forwarding {
  readonly deps: AppProxyDeps;
  readonly app: AppView;
  readonly address: NonNullable<AppView["address"]>;
  readonly url: string;
  readonly basePath: string;
  readonly requestId: string;
  readonly caller: Caller;
}

function forward(what: Forwarding, incoming: IncomingMessage, outgoing: ServerResponse, ends: { done(code: number): void; refuse(error: unknown): void }): void {
  const { app, deps } = what;
  const upstream = request({ ...what.address, path: what.url, method: incoming.method, headers: headersFor(what, incoming.headers), agent: false });
  let isOver = false;
  const cancelTimer = deps.clock.after(app.timeoutMs, () => {
    fail(new CofferdamError("app_timeout", `the app ${app.name} did not begin to answer within ${app.timeoutMs / 1000} s`, { hint: `cofferdam services show ${app.service}` }));
  });

  function fail(error: CofferdamError): void {
    if (isOver) return;
    isOver = true;
    cancelTimer();
    upstream.destroy();
    ends.refuse(error);
  }

  upstream.once("response", (answer) => {
    if (isOver) return void answer.resume();
    isOver = true;
    cancelTimer();
    outgoing.setHeader("content-security-policy", PAGES_POLICY);
    outgoing.removeHeader("cache-control");
    outgoing.writeHead(answer.statusCode ?? 502, headersBack(answer.headers));
    ends.done(answer.statusCode ?? 502);
    answer.pipe(outgoing);
    // It died in the middle of its answer: the caller must not take what came for the whole.
    answer.once("error", () => outgoing.destroy());
    answer.once("aborted", () => outgoing.destroy());
  });
  upstream.on("error", (cause) =>
    fail(new CofferdamError("app_failed", `the app ${app.name} ended before it had answered`, { cause, hint: `cofferdam services show ${app.service}` })),
  );
  outgoing.once("close", () => {
    isOver = true;
    cancelTimer();
    upstream.destroy();
  });
  incoming.pipe(upstream);
}

/** The runtime's own tokens stay here; who asks is told in headers that nobody else can set. */
function headersFor({ basePath, requestId, caller, deps }: Forwarding, headers: IncomingHttpHeaders): OutgoingHttpHeaders {
  const kept = Object.entries(headers).filter(([name]) => !HOP_BY_HOP.has(name) && !name.startsWith("x-cofferdam-") && !(deps.guard.closed && name === "authorization"));
  return {
    ...Object.fromEntries(kept),
    // Node frames the body of a GET or DELETE only when it is told that there is one.
    ...(headers["transfer-encoding"] === undefined ? {} : { "transfer-encoding": "chunked" }),
    // One request for each connection, which we end: an app that ended it with its answer would cut off a body that it has not read, and its answer with that.
    connection: "keep-alive",
    "x-request-id": requestId,
    "x-forwarded-prefix": basePath,
    "x-cofferdam-caller": caller.name,
    ...(caller.role === null ? {} : { "x-cofferdam-role": caller.role }),
  };
}

function headersBack(headers: IncomingHttpHeaders): OutgoingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !HOP_BY_HOP.has(name)));
}
