import { jobFile, withRuntime } from "../harness/cofferdam.ts";
import { measureEnqueue, payload, type EnqueueParams } from "./enqueue-modes.ts";

export default (params: EnqueueParams) =>
  withRuntime(params.scratch, { jobs: [jobFile("no-op")] }, async ({ control }) => {
    // Nothing runs meanwhile, as with the peers: this measures storing only.
    await control.pauseLane("default", "dispatch", { reason: "only storing is measured", untilMs: null });
    const request = (sequence: number) => ({ type: "no-op", input: JSON.stringify(payload(sequence)) });
    return measureEnqueue(
      {
        one: (sequence) => control.enqueue(request(sequence)),
        async bulk(from, count) {
          const answers = await control.enqueueMany(Array.from({ length: count }, (_, index) => request(from + index)));
          for (const answer of answers) if (!answer.ok) throw answer.error;
        },
        stored: () => control.countJobs({ states: ["ready"] }, 10_000_000),
      },
      params,
    );
  });
