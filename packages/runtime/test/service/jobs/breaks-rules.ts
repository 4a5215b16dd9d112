import { defineService } from "cofferdam";

const restart = { backoff: { base: "10ms", max: "10ms" }, intensity: { restarts: 100 } };

/** Each breaks one rule as soon as it runs, and ends when it is asked to. */
export const errs = defineService({
  name: "errs",
  freshness: "1m",
  restart: { ...restart, errors: { count: 3, within: "10m" } },
  async run(service) {
    for (let index = 0; index < 3; index += 1) service.error(`error ${index}`);
    service.update();
    await asked(service.signal);
  },
});

export const swells = defineService({
  name: "swells",
  freshness: "1m",
  restart: { ...restart, memory: "1MB" },
  async run(service) {
    service.update();
    await asked(service.signal);
  },
});

export const crowds = defineService({
  name: "crowds",
  freshness: "1m",
  restart: { ...restart, pids: 2 },
  async run(service) {
    service.update();
    await asked(service.signal);
  },
});

export const ages = defineService({
  name: "ages",
  freshness: "1m",
  restart: { ...restart, age: "1ms" },
  async run(service) {
    service.update();
    await asked(service.signal);
  },
});

function asked(signal: AbortSignal): Promise<unknown> {
  const timer = setInterval(() => undefined, 60_000);
  return new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true })).finally(() => clearInterval(timer));
}
