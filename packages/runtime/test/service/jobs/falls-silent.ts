import { defineService } from "cofferdam";

export default defineService({
  name: "falls-silent",
  freshness: "300ms",
  startup: "30s",
  grace: "50ms",
  restart: { backoff: { base: "10ms", max: "10ms" }, intensity: { restarts: 100 } },
  async run(service) {
    service.update({ note: "still here" });
    await new Promise<never>(() => setInterval(() => undefined, 60_000));
  },
});
