// A job that uses a browser: in order, forgetting to close it, or stuck in one that is frozen.
import { openBrowser, type BrowserJob } from "../../src/index.ts";

interface Job extends BrowserJob {
  readonly input: { readonly way: "in order" | "forgets" | "frozen" };
  progress(progress: { readonly note: string }): void;
}

export default async function browses(job: Job): Promise<unknown> {
  if (job.input.way === "forgets") {
    const session = await openBrowser(job);
    return { processes: session.processes().length };
  }
  await using session = await openBrowser(job);
  const processes = session.processes();
  if (job.input.way === "frozen") for (const pid of processes) process.kill(pid, "SIGSTOP");
  job.progress({ note: "browsing" });
  const title = await session.withPage(async (page) => {
    await page.goto("data:text/html,<title>inside</title>");
    return page.title();
  });
  return { title, processes: processes.length };
}
