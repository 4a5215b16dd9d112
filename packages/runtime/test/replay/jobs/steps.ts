import { defineJob } from "cofferdam";

/** Stores two checkpoints in each attempt and then fails; says what it began with. */
export default defineJob({
  type: "replay.steps",
  retry: { attempts: 3, backoff: { base: "1ms", max: "1ms" } },
  async run(job) {
    const from = (job.resumeFrom as { readonly step: number } | undefined)?.step ?? 0;
    console.log(`began with step ${from}`);
    await job.checkpoint({ step: from + 1 });
    await job.checkpoint({ step: from + 2 });
    throw new Error("not today");
  },
});
