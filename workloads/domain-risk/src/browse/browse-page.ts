// The fallback: a browser of its own for each domain, behind the checked proxy, with one retry when it dies.
import { openBrowser, type BrowserEvent } from "@cofferdam/browsers";
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
}

const VIEWPORT = { width: 1920, height: 1080 };
/** What a page needs beside its own document. */
const BODIES_PER_PAGE = 4;

/** The page's HTML as it is after its scripts. @throws BrowseFailure in the record's words; the signal's reason when it was aborted. */
export async function browsePage(address: string, options: BrowseOptions): Promise<string> {
  const proxy = await startCheckedProxy({ guard: options.guard, bytesMax: BODIES_PER_PAGE * options.bodyBytesMax });
  try {
    return await browseWithRetry(address, proxy, options);
  } finally {
    await proxy.close();
  }
}

async function browseWithRetry(address: string, proxy: CheckedProxy, options: BrowseOptions): Promise<string> {
  const asked = { host: new URL(address).hostname };
  for (let attempt = 1; ; attempt++) {
    try {
      return await browseOnce(address, { proxy, asked }, options);
    } catch (error) {
      options.signal.throwIfAborted();
      if (error instanceof BrowseFailure) throw error;
      if (attempt > 1 || !isCrash(error)) throw new BrowseFailure(describeBrowseFailure(error, proxy.failureOf(asked.host)), { cause: error });
    }
  }
}

/** `asked.host` follows the page's own redirects. */
async function browseOnce(address: string, { proxy, asked }: { readonly proxy: CheckedProxy; readonly asked: { host: string } }, options: BrowseOptions): Promise<string> {
  const { signal, scratch, browserPath, userAgent } = options;
  await using session = await openBrowser(
    { signal, scratch },
    {
      block: ["image", "font", "media"],
      threads: "few",
      args: networkArguments(proxy),
      onEvent: options.onEvent,
      ...(browserPath === null ? {} : { executablePath: browserPath }),
    },
  );
  return await session.withPage(
    (page) => {
      page.on("request", (request) => {
        if (request.isNavigationRequest() && request.frame() === page.mainFrame()) asked.host = URL.parse(request.url())?.hostname ?? asked.host;
      });
      return visitPage(page, address, {
        signal,
        navigationTimeoutMs: options.navigationTimeoutMs,
        settleMs: options.settleMs,
        bodyCharsMax: options.bodyBytesMax,
        leftMs: options.leftMs,
      });
    },
    { ignoreHTTPSErrors: true, viewport: VIEWPORT, userAgent, acceptDownloads: false },
  );
}

/** Everything goes through the proxy, loopback too; what could go past it (QUIC, WebRTC) is off. */
function networkArguments(proxy: CheckedProxy): string[] {
  return [`--proxy-server=${proxy.url}`, "--proxy-bypass-list=<-loopback>", "--disable-quic", "--force-webrtc-ip-handling-policy=disable_non_proxied_udp"];
}
