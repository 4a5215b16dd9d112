import { jobFile, nextSettled, withRuntime } from "../harness/cofferdam.ts";
import { measureLatency, type LatencyParams } from "./latency-loop.ts";

export default (params: LatencyParams) =>
  withRuntime(params.scratch, { jobs: [jobFile("started-at")] }, async (runtime) =>
    measureLatency(async () => {
      const settled = nextSettled(runtime);
      await runtime.control.enqueue({ type: "started-at" });
      const { jobId, state } = await settled;
      if (state !== "succeeded") throw new Error(`job ${jobId} is ${state}`);
      const result: unknown = JSON.parse((await runtime.control.document(jobId, "result")) ?? "null");
      return BigInt(String(result));
    }, params),
  );
