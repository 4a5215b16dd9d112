import type { BrowserContext, BrowserContextOptions, Page } from "playwright-core";
import type { Asker } from "./ask.ts";
import { callSite, type CallSite } from "./call-site.ts";
import type { Holding, Holdings } from "./holdings.ts";
import type { Settings } from "./options.ts";
import type { BrowserSupply } from "./supply.ts";
import { blockMedia } from "./watch-page.ts";

export interface Opener {
  newContext(options?: BrowserContextOptions): Promise<BrowserContext>;
  newPage(options?: BrowserContextOptions): Promise<Page>;
  withPage<T>(use: (page: Page) => Promise<T>, options?: BrowserContextOptions): Promise<T>;
}

interface Opened {
  readonly holding: Holding;
  /** Playwright's own way to open a page in it. */
  readonly open: () => Promise<Page>;
}

/** Opens contexts and pages, each with the line that asked for it, and owned before the caller has it. */
export function createOpener(settings: Settings, supply: BrowserSupply, holdings: Holdings, asker: Asker): Opener {
  async function openContext(options: BrowserContextOptions, openedAt: CallSite, isForOnePage: boolean): Promise<Opened> {
    const live = await supply.acquire();
    const acceptDownloads = options.acceptDownloads ?? settings.downloads === "keep";
    try {
      const context = await asker.ask(live, live.browser.newContext({ ...options, acceptDownloads }), "open a context");
      const holding = holdings.add(context, live, openedAt, isForOnePage);
      const open = context.newPage.bind(context);
      context.newPage = () => openPage(holding, open, callSite());
      return { holding, open };
    } catch (error) {
      supply.release(live);
      throw error;
    }
  }

  /** The page with everything that the options ask for, before the caller sees it. */
  async function openPage(holding: Holding, open: () => Promise<Page>, openedAt: CallSite): Promise<Page> {
    holding.opening = openedAt;
    const page = await asker.ask(holding.live, open(), "open a page");
    if (settings.block.includes("media")) await asker.ask(holding.live, blockMedia(page), "block media");
    return page;
  }

  async function openSinglePage(options: BrowserContextOptions, openedAt: CallSite): Promise<{ readonly page: Page; readonly holding: Holding }> {
    const { holding, open } = await openContext(options, openedAt, true);
    try {
      return { page: await openPage(holding, open, openedAt), holding };
    } catch (error) {
      await holdings.close(holding, settings.closeTimeoutMs);
      throw error;
    }
  }

  return {
    async newContext(options = {}) {
      const { holding } = await openContext(options, callSite(), false);
      return holding.context;
    },

    async newPage(options = {}) {
      const { page, holding } = await openSinglePage(options, callSite());
      page.once("close", () => void holdings.close(holding, settings.closeTimeoutMs));
      return page;
    },

    async withPage(use, options = {}) {
      const { page, holding } = await openSinglePage(options, callSite());
      try {
        return await asker.follow(holding.live, use(page));
      } finally {
        await holdings.close(holding, settings.closeTimeoutMs);
      }
    },
  };
}
