// BullMQ in the same shape: one queue, one worker with two sandbox children.
import { Queue, Worker } from "bullmq";

const connection = { path: process.env.REDIS_PATH, maxRetriesPerRequest: null };
const queue = new Queue("memory", { connection });
await queue.obliterate({ force: true });
const worker = new Worker("memory", process.env.JOB_FILE, { connection, concurrency: 2 });
await worker.waitUntilReady();

process.on("message", async ({ runs }) => {
  const { promise, resolve } = Promise.withResolvers();
  let left = runs;
  worker.on("completed", () => (left -= 1) === 0 && resolve());
  await queue.addBulk(Array.from({ length: runs }, () => ({ name: "no-op", data: {} })));
  if (runs > 0) await promise;
  process.send({ workers: null });
});
process.on("disconnect", async () => {
  await worker.close();
  await queue.obliterate({ force: true });
  await queue.close();
});
