import { Worker } from "node:worker_threads";

/** Starts one of this room's threads; beside this file, as TypeScript in the repository and as JavaScript in the package. */
export function spawnThread(name: "writer" | "reader" | "backup", options: object): Worker {
  const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
  return new Worker(new URL(`./${name}-thread.${extension}`, import.meta.url), { name: `store-${name}`, workerData: options, execArgv: [] });
}

/** Says something to a thread. */
export function post<Message extends object>(worker: Worker, message: Message): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- that is for windows; a thread has no origin
  worker.postMessage(message);
}
