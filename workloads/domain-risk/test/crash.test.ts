import assert from "node:assert/strict";
import { it } from "node:test";
import { cleanUp, makeDirectory, signalTree } from "workload-command-line/testing";
import { createGuard } from "../src/guard/guard.ts";
import { startDomainStandIn } from "../src/stand-in/site.ts";
import { browse } from "./workbench.ts";

it("a browser that dies is replaced once, within the same budget; a second death is the domain's failure", async (test) => {
  const site = await startDomainStandIn({ records: [], port: 0 });
  cleanUp(test, () => site.close());
  const scratch = await makeDirectory(test, "domain-risk-test");
  /** Ends the first so many browsers as soon as they have a page. */
  const browseWith = async (deaths: number): Promise<{ readonly launches: number; readonly html: Promise<string> }> => {
    let pid = 0;
    let launches = 0;
    const html = browse(`${site.url}/any.com/`, {
      guard: createGuard(true),
      scratch,
      onEvent({ kind, detail }) {
        if (kind === "browser-created") {
          launches += 1;
          pid = Number(/pid (\d+)/.exec(detail)?.[1]);
        } else if (kind === "page-created" && launches <= deaths) signalTree(pid, "SIGKILL");
      },
    });
    await html.catch(() => undefined);
    return { launches, html };
  };
  const once = await browseWith(1);
  assert.equal(once.launches, 2);
  assert.match(await once.html, /quiet paragraph/);
  const twice = await browseWith(2);
  assert.equal(twice.launches, 2);
  await assert.rejects(twice.html, /^BrowseFailure: Browser error: /);
});
