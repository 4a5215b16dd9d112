import { createServer } from "node:http";
import { Queue, Worker } from "bullmq";
import { jobFile } from "../harness/cofferdam.ts";
import { loadHttp, type HttpParams } from "./http-load.ts";

/** A bare node:http server beside a BullMQ worker with sandboxed processors: what a service built on it looks like. */
export default async (params: HttpParams) => {
  const { seconds, spinning, logBytesPerSecond, redisPath } = params;
  const connection = { path: redisPath, maxRetriesPerRequest: null };
  const queue = new Queue("http", { connection });
  await queue.obliterate({ force: true });
  const worker = new Worker("http", jobFile("sandboxed-load"), { connection, concurrency: spinning + 1, maxStalledCount: 0 });
  worker.on("error", () => undefined);
  const server = createServer((_request, response) => response.end('{"status":"pass"}'));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  try {
    const wanted = spinning + (logBytesPerSecond > 0 ? 1 : 0);
    let active = 0;
    const running = Promise.withResolvers<void>();
    const written = Promise.withResolvers<number>();
    worker.on("active", () => (active += 1) === wanted && running.resolve());
    worker.on("completed", (job) => job.name === "writes-log" && written.resolve(Number(job.returnvalue)));
    const forMs = seconds * 1000;
    const loads = Array.from({ length: spinning }, () => ({ name: "spins", data: { forMs } }));
    if (logBytesPerSecond > 0) await queue.add("writes-log", { forMs, bytesPerSecond: logBytesPerSecond });
    await queue.addBulk(loads);
    if (wanted > 0) await running.promise;
    const answers = await loadHttp(`http://127.0.0.1:${port}`, ["/livez"], params);
    return { ...answers, loggedBytesPerSecond: logBytesPerSecond > 0 ? await written.promise : 0 };
  } finally {
    server.close();
    server.closeAllConnections();
    await worker.close();
    await queue.obliterate({ force: true });
    await queue.close();
  }
};
