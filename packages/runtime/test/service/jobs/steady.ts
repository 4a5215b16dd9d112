import { defineService } from "cofferdam";

/** Counts its starts over restarts, and runs until it is asked to end. */
export default defineService({
  name: "steady",
  description: "as a service should be",
  freshness: "1m",
  budget: { memory: "200MB", pids: 64 },
  async run(service) {
    const starts = ((service.resumeFrom as { readonly starts: number } | undefined)?.starts ?? 0) + 1;
    await service.checkpoint({ starts });
    service.error(new Error("a small one"));
    service.update({ note: `start ${starts}`, data: { starts, scrapers: [{ status: "running" }] } });
    const { signal } = service;
    const timer = setInterval(() => service.update(), 1000);
    await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
    clearInterval(timer);
  },
});
