import { serve, type Http2Bindings, type HttpBindings } from "@hono/node-server";
import { refusalOf, type Refused } from "./guard.ts";

export interface Listening {
  /** "http://127.0.0.1:8000" */
  readonly url: string;
  /** Resolves when the port is free; open connections are cut. */
  close(): Promise<void>;
}

/** What a request came in with, beside itself. */
type Bindings = HttpBindings | Http2Bindings;
/** As Hono's apps have it. */
type Fetch = (request: Request, bindings: Bindings) => Response | Promise<Response>;

/**
 * Answers HTTP on this address. Whoever asks in the name of another site, or on loopback by another name, is refused before anything else (see {@link refusalOf}).
 *
 * @param port 0 picks a free one
 * @throws the system's error, for example EADDRINUSE
 */
export function listen(fetch: Fetch, hostname: string, port: number): Promise<Listening> {
  return new Promise((resolve, reject) => {
    const guarded = (request: Request, bindings: Bindings): Response | Promise<Response> => {
      const refused = refusalOf(hostname, bindings.incoming);
      return refused === null ? fetch(request, bindings) : answerRefused(refused);
    };
    const server = serve({ fetch: guarded, port, hostname }, (address) => {
      const host = hostname.includes(":") ? `[${hostname}]` : hostname;
      resolve({
        url: `http://${host}:${address.port}`,
        close: () =>
          new Promise((closed) => {
            server.close(() => closed());
            if ("closeAllConnections" in server) server.closeAllConnections();
          }),
      });
    });
    server.once("error", reject);
  });
}

/** RFC 9457. */
function answerRefused({ code, detail }: Refused): Response {
  const problem = { type: `about:blank#${code}`, title: code.replaceAll("_", " "), status: 403, code, detail };
  return new Response(JSON.stringify(problem), { status: 403, headers: { "content-type": "application/problem+json", "x-content-type-options": "nosniff" } });
}
