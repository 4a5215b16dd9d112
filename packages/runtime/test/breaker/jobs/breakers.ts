import { defineJob, type BreakerView } from "cofferdam";

const KEY = "domain:example.com";

/** Does what it is told with a breaker, one step after the other, and returns what it was told. */
export const steps = defineJob({
  type: "breaker.steps",
  async run(job) {
    const said: string[] = [];
    for (const step of (job.input as { readonly steps: readonly string[] }).steps) {
      const breaker = job.breaker(KEY, { failures: 2, forMs: "10m" });
      if (step === "state") said.push(word(await breaker.state()));
      else if (step === "trip") await breaker.trip({ evidence: "403 with a challenge", forMs: "1h" });
      else if (step === "success") await breaker.success();
      else await breaker.failure("503");
    }
    return said;
  },
});

/** Two of these ask at the same moment, in two workers, whether they may try. */
export const racer = defineJob({
  type: "breaker.races",
  isolation: "process",
  async run(job) {
    const breaker = job.breaker("race");
    job.progress({ note: "ready" });
    for (;;) {
      const { state, allowed } = await breaker.state();
      if (state !== "open") return allowed ? "tries" : "waits";
      await new Promise((resolve) => setImmediate(resolve));
    }
  },
});

function word({ state, allowed, evidence }: BreakerView): string {
  return [state, allowed ? "go on" : "stop", evidence ?? ""].join(" ").trim();
}
