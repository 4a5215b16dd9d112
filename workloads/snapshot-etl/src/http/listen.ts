import { serve } from "@hono/node-server";
import type { Service } from "../service.ts";
import { createApp, createWatchApp } from "./app.ts";
import type { App } from "./types.ts";

export interface Listening {
  readonly url: string;
  readonly metricsUrl: string;
  close(): Promise<void>;
}

/** Both ports of a service: everything, and what operators watch. */
export async function listen(service: Service): Promise<Listening> {
  const { host, port, metricsPort } = service.settings;
  const main = await open(createApp(service), host, port);
  try {
    const watch = await open(createWatchApp(service), host, metricsPort);
    return {
      url: main.url,
      metricsUrl: watch.url,
      close: async () => void (await Promise.all([main.close(), watch.close()])),
    };
  } catch (error) {
    await main.close();
    throw error;
  }
}

interface Door {
  readonly url: string;
  close(): Promise<void>;
}

function open(app: App, hostname: string, port: number): Promise<Door> {
  return new Promise((resolve, reject) => {
    const server = serve({ fetch: app.fetch, port, hostname }, (address) => {
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
