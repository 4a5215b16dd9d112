import { defineJob } from "cofferdam";
import { crawlInput, type CrawlOutcome } from "../src/crawl/crawl-input.ts";
import { readSettings } from "../src/settings.ts";
import { CRAWL_JOB } from "../src/crawl/job-type.ts";

const settings = readSettings();

export default defineJob({
  type: CRAWL_JOB,
  description: "One run: both sources, page by page",
  input: crawlInput,
  // A process of its own: when the run has ended nothing of it is left.
  isolation: "process",
  concurrency: 1,
  // A run that died is not begun again by itself; somebody resumes it.
  retry: { attempts: 1, deaths: 1 },
  // A loop that is blocked makes no progress: it is the stall clock that ends it, whatever the reason.
  budget: { memory: settings.workerMemoryBytes, pids: 64, time: settings.runTimeoutMs, stall: settings.stallMs, block: null },
  ...(settings.schedule === null ? {} : { schedule: { key: "market-crawl.daily", cron: settings.schedule, timeZone: settings.timeZone, input: { runId: null } } }),
  async run(job): Promise<CrawlOutcome> {
    // Loading takes its time on a busy machine; the stall clock shall know that it began.
    job.progress({ done: 0 });
    const { runCrawlJob } = await import("../src/crawl/crawl-job.ts");
    job.progress({ done: 0 });
    return await runCrawlJob(job, settings);
  },
});
