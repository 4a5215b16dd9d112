import { Queue } from "bullmq";
import { measureEnqueue, payload, type EnqueueParams } from "./enqueue-modes.ts";

export default async (params: EnqueueParams) => {
  const queue = new Queue("enqueue", { connection: { path: params.server } });
  await queue.obliterate({ force: true });
  try {
    return await measureEnqueue(
      {
        one: (sequence) => queue.add("no-op", payload(sequence)),
        bulk: (from, count) => queue.addBulk(Array.from({ length: count }, (_, index) => ({ name: "no-op", data: payload(from + index) }))),
        stored: () => queue.getWaitingCount(),
      },
      params,
    );
  } finally {
    await queue.obliterate({ force: true });
    await queue.close();
  }
};
