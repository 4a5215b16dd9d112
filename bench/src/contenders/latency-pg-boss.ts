import { PgBoss } from "pg-boss";
import { measureLatency, type LatencyParams } from "./latency-loop.ts";

/** In process: pg-boss has no isolation. Woken by NOTIFY, its fastest way. */
export default async (params: LatencyParams) => {
  const boss = new PgBoss({ connectionString: params.server, useListenNotify: true });
  boss.on("error", (error) => console.error(error));
  await boss.start();
  await boss.createQueue("latency", { notify: true });
  let started: (atNs: bigint) => void = () => undefined;
  await boss.work("latency", async () => started(process.hrtime.bigint()));
  try {
    return await measureLatency(async () => {
      const { promise, resolve } = Promise.withResolvers<bigint>();
      started = resolve;
      await boss.send("latency", {});
      return promise;
    }, params);
  } finally {
    await boss.stop({ graceful: false });
  }
};
