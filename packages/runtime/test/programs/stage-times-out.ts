import { defineJob } from "cofferdam";

export default defineJob({
  type: "program.stage-times-out",
  run: (job) => job.stage("crawl", "10s", () => job.stage("goto", "50ms", untilAborted)),
});

function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason), { once: true }));
}
