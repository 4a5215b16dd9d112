import { defineService } from "cofferdam";

export default defineService({
  name: "exits-at-once",
  freshness: "30s",
  restart: { backoff: { base: "10ms", max: "10ms" }, intensity: { restarts: 2, within: "10m" } },
  run: () => process.exit(5),
});
