import type { Page } from "playwright-core";
import type { EventLog } from "./events.ts";
import type { Settings } from "./options.ts";

/** Answers for the job what a page may throw at it: windows, dialogs, downloads. */
export function watchPage(page: Page, pageId: string, browserId: string, settings: Settings, events: EventLog): void {
  if (settings.popups === "close") {
    page.on("popup", (popup) => {
      events.emit("popup-closed", browserId, pageId, popup.url());
      popup.close().catch(ignore);
    });
  }
  if (settings.dialogs !== "keep") {
    page.on("dialog", (dialog) => {
      events.emit("dialog-answered", browserId, pageId, `${dialog.type()}: ${dialog.message().slice(0, 200)}`);
      (settings.dialogs === "accept" ? dialog.accept() : dialog.dismiss()).catch(ignore);
    });
  }
  if (settings.downloads === "cancel") {
    page.on("download", (download) => {
      events.emit("download-cancelled", browserId, pageId, download.url().slice(0, 500));
      download.cancel().catch(ignore);
    });
  }
}

/** Requests for media are refused before they leave; only they are held up, so that everything else costs nothing. */
export async function blockMedia(page: Page): Promise<void> {
  const session = await page.context().newCDPSession(page);
  session.on("Fetch.requestPaused", ({ requestId }) => {
    session.send("Fetch.failRequest", { requestId, errorReason: "BlockedByClient" }).catch(ignore);
  });
  await session.send("Fetch.enable", { patterns: [{ resourceType: "Media" }] });
}

/** The page went away meanwhile. */
function ignore(): void {}
