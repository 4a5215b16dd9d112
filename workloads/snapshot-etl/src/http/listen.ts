import { listen as open } from "workload-command-line";
import type { Service } from "../service.ts";
import { createApp, createWatchApp } from "./app.ts";

export interface Listening {
  readonly url: string;
  readonly metricsUrl: string;
  close(): Promise<void>;
}

/** Both ports of a service: everything, and what operators watch. */
export async function listen(service: Service): Promise<Listening> {
  const { host, port, metricsPort } = service.settings;
  const main = await open(createApp(service).fetch, host, port);
  try {
    const watch = await open(createWatchApp(service).fetch, host, metricsPort);
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
