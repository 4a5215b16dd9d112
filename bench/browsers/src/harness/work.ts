import { treeOf } from "../../../src/harness/processes.ts";
import type { Attempt } from "./plan.ts";

/** What Playwright's and Puppeteer's pages have in common, as far as it is used here. */
export interface AnyPage {
  goto(url: string, options?: { readonly waitUntil?: "domcontentloaded" }): Promise<unknown>;
  title(): Promise<string>;
}

export interface Hands {
  /** Pid of the browser's own process (or of what stands around it). */
  browserPid(): Promise<number>;
  /** Opens one more page and forgets it. */
  forgetPage(): Promise<unknown>;
}

/** One attempt's work in the page that it was given, with its fault. Rejects when the title is not that of the page. */
export async function visit(page: AnyPage, site: string, { fault, index }: Attempt, hands: Hands): Promise<void> {
  if (fault === "crash") {
    page.goto("chrome://crash").catch(() => undefined);
    await page.goto(`${site}/ok?${index}`);
    return;
  }
  if (fault === "die" || fault === "freeze") signalTree(await hands.browserPid(), fault === "die" ? "SIGKILL" : "SIGSTOP");
  if (fault === "leak") await hands.forgetPage();
  await page.goto(`${site}/${fault === "hang" ? "hang" : fault === "busy" ? "busy" : "ok"}?${index}`, { waitUntil: "domcontentloaded" });
  await checkTitle(page);
}

export async function checkTitle(page: AnyPage): Promise<void> {
  const title = await page.title();
  if (title !== "ok") throw new Error(`the title is "${title}"`);
}

function signalTree(root: number, signal: "SIGKILL" | "SIGSTOP"): void {
  for (const { pid } of treeOf(root)) {
    try {
      process.kill(pid, signal);
    } catch {
      // it went meanwhile
    }
  }
}
