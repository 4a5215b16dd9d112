import { Queue, Worker } from "bullmq";
import { jobFile } from "../harness/cofferdam.ts";
import { measureLatency, type LatencyParams } from "./latency-loop.ts";

export default async (params: LatencyParams) => {
  const connection = { path: params.server, maxRetriesPerRequest: null };
  const queue = new Queue("latency", { connection });
  await queue.obliterate({ force: true });
  const worker = new Worker("latency", jobFile("sandboxed-started-at"), { connection, concurrency: 2 });
  await worker.waitUntilReady();
  try {
    return await measureLatency(async () => {
      const ended = Promise.withResolvers<bigint>();
      worker.once("completed", (job) => ended.resolve(BigInt(String(job.returnvalue))));
      await queue.add("started-at", {});
      return ended.promise;
    }, params);
  } finally {
    await worker.close();
    await queue.obliterate({ force: true });
    await queue.close();
  }
};
