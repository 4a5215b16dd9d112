import { serve } from "@hono/node-server";

export interface Listening {
  /** "http://127.0.0.1:8000" */
  readonly url: string;
  /** Resolves when the port is free; open connections are cut. */
  close(): Promise<void>;
}

/**
 * Answers HTTP on this address.
 *
 * @param port 0 picks a free one
 * @throws the system's error, for example EADDRINUSE
 */
export function listen(fetch: (request: Request) => Response | Promise<Response>, hostname: string, port: number): Promise<Listening> {
  return new Promise((resolve, reject) => {
    const server = serve({ fetch, port, hostname }, (address) => {
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
