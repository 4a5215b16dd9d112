import pg from "pg";
import { PgBoss } from "pg-boss";
import { measureEnqueue, payload, type EnqueueParams } from "./enqueue-modes.ts";

export default async (params: EnqueueParams) => {
  const boss = new PgBoss({ connectionString: params.server, supervise: false, schedule: false });
  boss.on("error", (error) => console.error(error));
  const counter = new pg.Client({ connectionString: params.server });
  await counter.connect();
  await boss.start();
  await boss.createQueue("enqueue");
  await boss.deleteAllJobs("enqueue");
  try {
    return await measureEnqueue(
      {
        one: (sequence) => boss.send("enqueue", payload(sequence)),
        bulk: (from, count) =>
          boss.insert(
            "enqueue",
            Array.from({ length: count }, (_, index) => ({ data: payload(from + index) })),
          ),
        stored: async () => Number((await counter.query("select count(*) from pgboss.job where name = 'enqueue'")).rows[0].count),
      },
      params,
    );
  } finally {
    await boss.deleteAllJobs("enqueue");
    await boss.stop({ graceful: false });
    await counter.end();
  }
};
