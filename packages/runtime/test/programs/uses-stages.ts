import { defineJob, type StageTimeout } from "cofferdam";

/** One stage ends in time, one is cut and its end is caught, one is cut because the stage around it is. */
export default defineJob({
  type: "program.uses-stages",
  async run(job) {
    const sum = await job.stage("quick", "10s", () => 1 + 1);
    const cut = await caught(job.stage("slow", "40ms", untilAborted));
    const outer = await caught(job.stage("outer", 40, () => job.stage("inner", "10s", untilAborted)));
    return { sum, cut, outer };
  },
});

async function caught(stage: Promise<unknown>): Promise<string> {
  try {
    await stage;
    return "it ended";
  } catch (error) {
    const { name, code, stage: path, budgetMs } = error as StageTimeout;
    return [name, code, path, budgetMs].join(" ");
  }
}

function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(new Error("told")), { once: true }));
}
