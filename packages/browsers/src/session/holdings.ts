import type { BrowserContext, Page } from "playwright-core";
import { within } from "../timing.ts";
import type { CallSite } from "./call-site.ts";
import type { EventLog } from "./events.ts";
import type { LiveBrowser } from "./live-browser.ts";

/** A context or page that was never closed. */
export interface BrowserLeak {
  readonly kind: "context" | "page";
  readonly id: string;
  readonly browserId: string;
  /** "file:line:column" of the call that opened it. */
  readonly openedAt: string;
  /** Where the page is; "" for a context. */
  readonly url: string;
}

export interface Holding {
  readonly id: string;
  readonly context: BrowserContext;
  readonly live: LiveBrowser;
  readonly openedAt: CallSite;
  /** The page that the context was opened for: it is what a leak report names. */
  readonly isForOnePage: boolean;
  readonly pages: Map<Page, { readonly id: string; readonly openedAt: CallSite }>;
  /** Where the next page is opened from, while a call of ours is under way. */
  opening: CallSite | null;
}

/** Every context and page that is open, and how each of them ended. */
export interface Holdings {
  add(context: BrowserContext, live: LiveBrowser, openedAt: CallSite, isForOnePage: boolean): Holding;
  /** Closes it, or gives it up after the time: then its browser is retired, since something in it hangs. Never rejects. */
  close(holding: Holding, timeoutMs: number): Promise<void>;
  all(): readonly Holding[];
  leaks(): readonly BrowserLeak[];
}

export interface HoldingsRules {
  readonly events: EventLog;
  onPage(page: Page, holding: Holding): void;
  /** Its browser has one context less. */
  onReleased(live: LiveBrowser): void;
}

export function createHoldings({ events, onPage, onReleased }: HoldingsRules): Holdings {
  const open = new Map<BrowserContext, Holding>();
  const closing = new Map<Holding, Promise<void>>();
  let contextsMade = 0;
  let pagesMade = 0;

  function add(context: BrowserContext, live: LiveBrowser, openedAt: CallSite, isForOnePage: boolean): Holding {
    contextsMade += 1;
    const holding: Holding = { id: `c${contextsMade}`, context, live, openedAt, isForOnePage, pages: new Map(), opening: null };
    open.set(context, holding);
    events.emit("context-created", live.id, holding.id);
    context.on("page", (page) => addPage(page, holding));
    context.once("close", () => release(holding, live.over.aborted ? "killed" : "closed"));
    return holding;
  }

  function addPage(page: Page, holding: Holding): void {
    pagesMade += 1;
    const { live } = holding;
    const id = `p${pagesMade}`;
    live.pages += 1;
    holding.pages.set(page, { id, openedAt: holding.opening ?? holding.openedAt });
    events.emit("page-created", live.id, id);
    page.once("crash", () => events.emit("page-crashed", live.id, id, page.url()));
    page.once("close", () => releasePage(page, holding, live.over.aborted ? "killed" : "closed"));
    onPage(page, holding);
  }

  function releasePage(page: Page, holding: Holding, how: "closed" | "killed"): void {
    const known = holding.pages.get(page);
    if (known === undefined) return;
    holding.pages.delete(page);
    events.emit(how === "closed" ? "page-closed" : "page-killed", holding.live.id, known.id);
  }

  function release(holding: Holding, how: "closed" | "killed"): void {
    if (!open.delete(holding.context)) return;
    for (const page of holding.pages.keys()) releasePage(page, holding, how);
    events.emit(how === "closed" ? "context-closed" : "context-killed", holding.live.id, holding.id);
    onReleased(holding.live);
  }

  function close(holding: Holding, timeoutMs: number): Promise<void> {
    const running = closing.get(holding) ?? closeNow(holding, timeoutMs).finally(() => closing.delete(holding));
    closing.set(holding, running);
    return running;
  }

  async function closeNow(holding: Holding, timeoutMs: number): Promise<void> {
    if (!open.has(holding.context)) return;
    const how = await within(holding.context.close(), timeoutMs);
    if (how === "late") holding.live.retire(`a context did not close within ${timeoutMs} ms`);
    release(holding, how === "done" && !holding.live.over.aborted ? "closed" : "killed");
  }

  function leaksOf(holding: Holding): readonly BrowserLeak[] {
    const browserId = holding.live.id;
    const pages = [...holding.pages].map(([page, { id, openedAt }]) => ({ kind: "page" as const, id, browserId, openedAt: openedAt(), url: page.url() }));
    return holding.isForOnePage ? pages : [{ kind: "context", id: holding.id, browserId, openedAt: holding.openedAt(), url: "" }, ...pages];
  }

  return { add, close, all: () => [...open.values()], leaks: () => [...open.values()].flatMap(leaksOf) };
}
