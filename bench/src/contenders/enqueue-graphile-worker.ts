import { makeWorkerUtils } from "graphile-worker";
import pg from "pg";
import { measureEnqueue, payload, type EnqueueParams } from "./enqueue-modes.ts";

export default async (params: EnqueueParams) => {
  const worker = await makeWorkerUtils({ connectionString: params.server, maxPoolSize: 10 });
  const counter = new pg.Client({ connectionString: params.server });
  await counter.connect();
  await worker.migrate();
  await counter.query("truncate graphile_worker._private_jobs");
  try {
    return await measureEnqueue(
      {
        one: (sequence) => worker.addJob("no-op", payload(sequence)),
        bulk: (from, count) => worker.addJobs(Array.from({ length: count }, (_, index) => ({ identifier: "no-op", payload: payload(from + index) }))),
        stored: async () => Number((await counter.query("select count(*) from graphile_worker._private_jobs")).rows[0].count),
      },
      params,
    );
  } finally {
    await counter.query("truncate graphile_worker._private_jobs");
    await worker.release();
    await counter.end();
  }
};
