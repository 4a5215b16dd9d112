import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { browsePage } from "../src/browse/browse-page.ts";
import { createGuard } from "../src/guard/guard.ts";
import { startDomainStandIn } from "../src/stand-in/site.ts";

test("a browser that dies is replaced once, within the same budget; a second death is the domain's failure", async () => {
  const site = await startDomainStandIn({ records: [], port: 0 });
  const scratch = await mkdtemp(join(tmpdir(), "domain-risk-crash-"));
  /** Ends the first so many browsers as soon as they have a page. */
  const browse = async (deaths: number): Promise<{ readonly launches: number; readonly html: Promise<string> }> => {
    await using opened = new AsyncDisposableStack();
    let pid = 0;
    let launches = 0;
    const html = browsePage(`${site.url}/any.com/`, {
      guard: createGuard(true),
      signal: new AbortController().signal,
      scratch,
      browserPath: null,
      userAgent: "test",
      navigationTimeoutMs: 60_000,
      settleMs: 0,
      bodyBytesMax: 1_000_000,
      leftMs: () => 60_000,
      opened,
      onEvent({ kind, detail }) {
        if (kind === "browser-created") {
          launches += 1;
          pid = Number(/pid (\d+)/.exec(detail)?.[1]);
        } else if (kind === "page-created" && launches <= deaths) process.kill(pid, "SIGKILL");
      },
    });
    await html.catch(() => undefined);
    return { launches, html };
  };
  try {
    const once = await browse(1);
    assert.equal(once.launches, 2);
    assert.match(await once.html, /quiet paragraph/);
    const twice = await browse(2);
    assert.equal(twice.launches, 2);
    await assert.rejects(twice.html, /^BrowseFailure: Browser error: /);
  } finally {
    await site.close();
    await rm(scratch, { recursive: true, force: true });
  }
});
