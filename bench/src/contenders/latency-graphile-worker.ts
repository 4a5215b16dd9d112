import { Logger, run } from "graphile-worker";
import { measureLatency, type LatencyParams } from "./latency-loop.ts";

/** In process: graphile-worker has no isolation for JavaScript tasks. Woken by NOTIFY. */
export default async (params: LatencyParams) => {
  let started: (atNs: bigint) => void = () => undefined;
  const runner = await run({
    connectionString: params.server,
    noHandleSignals: true,
    logger: new Logger(() => () => undefined),
    taskList: {
      "started-at": async () => {
        started(process.hrtime.bigint());
      },
    },
  });
  try {
    return await measureLatency(async () => {
      const { promise, resolve } = Promise.withResolvers<bigint>();
      started = resolve;
      await runner.addJob("started-at", {});
      return promise;
    }, params);
  } finally {
    await runner.stop();
  }
};
