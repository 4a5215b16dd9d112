// The fallback: a browser of its own for each domain, behind the checked proxy, with one retry when it dies.
import { BrowserError, openBrowser, type BrowserEvent, type BrowserSession } from "@cofferdam/browsers";
import { startCheckedProxy, type CheckedProxy } from "../guard/checked-proxy.ts";
import type { Guard } from "../guard/guard.ts";
import { BrowseFailure, describeBrowseFailure, isCrash } from "./describe-failure.ts";
import { visitPage } from "./visit-page.ts";

export interface BrowseOptions {
  readonly guard: Guard;
  readonly signal: AbortSignal;
  readonly scratch: string;
  readonly browserPath: string | null;
  readonly userAgent: string;
  readonly navigationTimeoutMs: number;
  readonly settleMs: number;
  readonly bodyBytesMax: number;
  leftMs(): number;
  readonly onEvent: (event: BrowserEvent) => void;
  /** Takes what has to be closed. */
  readonly opened: AsyncDisposableStack;
}

const BLOCKED = ["image", "font", "media"] as const;
const VIEWPORT = { width: 1920, height: 1080 };
/** What a page needs beside its own document. */
const BODIES_PER_PAGE = 4;

/**
 * The page's HTML as it is after its scripts. What was opened is on `opened`: whoever disposes of it closes it; when the signal is aborted
 * this rejects at once, and the browser is killed in that moment.
 * @throws BrowseFailure in the record's words; the signal's reason when it was aborted.
 */
export async function browsePage(address: string, options: BrowseOptions): Promise<string> {
  const proxy = await startCheckedProxy({ guard: options.guard, bytesMax: BODIES_PER_PAGE * options.bodyBytesMax });
  options.opened.defer(() => proxy.close());
  const asked = { host: new URL(address).hostname };
  for (let attempt = 1; ; attempt++) {
    const session = await openOnce(proxy, options);
    try {
      return await visitWith(session, address, { asked, options });
    } catch (error) {
      options.signal.throwIfAborted();
      if (error instanceof BrowseFailure) throw error;
      if (attempt > 1 || !isCrash(error)) throw new BrowseFailure(describeBrowseFailure(error, proxy.failureOf(asked.host)), { cause: error });
      await session?.close();
    }
  }
}

/** null when it could not be started: as good as one that crashed. */
async function openOnce(proxy: CheckedProxy, options: BrowseOptions): Promise<BrowserSession | null> {
  const { signal, scratch, browserPath, opened } = options;
  const settings = {
    block: BLOCKED,
    threads: "few" as const,
    args: networkArguments(proxy),
    onEvent: options.onEvent,
    ...(browserPath === null ? {} : { executablePath: browserPath }),
  };
  try {
    return opened.use(await openBrowser({ signal, scratch }, settings));
  } catch (error) {
    if (isCrash(error)) return null;
    throw error;
  }
}

/** `asked.host` follows the page's own redirects. */
async function visitWith(
  session: BrowserSession | null,
  address: string,
  { asked, options }: { readonly asked: { host: string }; readonly options: BrowseOptions },
): Promise<string> {
  if (session === null) throw new BrowserError("launch_failed", "the browser did not start");
  return await session.withPage(
    (page) => {
      page.on("request", (request) => {
        if (request.isNavigationRequest() && request.frame() === page.mainFrame()) asked.host = URL.parse(request.url())?.hostname ?? asked.host;
      });
      return visitPage(page, address, { ...options, bodyCharsMax: options.bodyBytesMax });
    },
    { ignoreHTTPSErrors: true, viewport: VIEWPORT, userAgent: options.userAgent, acceptDownloads: false },
  );
}

/** Everything goes through the proxy, loopback too; what could go past it (QUIC, WebRTC) is off. */
function networkArguments(proxy: CheckedProxy): string[] {
  return [`--proxy-server=${proxy.url}`, "--proxy-bypass-list=<-loopback>", "--disable-quic", "--force-webrtc-ip-handling-policy=disable_non_proxied_udp"];
}
