import { defineJob } from "cofferdam";

const MIB = 1024 ** 2;

/** Needs as much memory as its input says, and tells what it was given. */
export default defineJob({
  type: "replay.hungry",
  budget: { memory: "128MB" },
  retry: { attempts: 1, deaths: 1 },
  async run(job) {
    const { mebibytes, ...rest } = job.input as { readonly mebibytes: number };
    const held: Buffer[] = [];
    for (let index = 0; index < mebibytes; index += 8) {
      held.push(Buffer.alloc(8 * MIB, 1));
      await new Promise((resolve) => setImmediate(resolve));
    }
    console.log(`held ${held.length * 8} MiB`);
    await job.checkpoint({ step: 1 });
    return { ...rest, attempt: job.attempt, id: job.id, resumed: job.resumeFrom !== undefined };
  },
});
