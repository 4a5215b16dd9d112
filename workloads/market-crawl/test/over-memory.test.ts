import assert from "node:assert/strict";
import { it } from "node:test";
import { cleanUp } from "workload-command-line/testing";
import { startStandIn } from "workload-stand-in";
import { ask, startTestService, triggerAndEnd } from "./workbench.ts";

/** Four bytes of page become an element of the tree that is read from it. */
const PAGE = `<table>${"<i>".repeat(1_000_000)}</table>`;

it("a worker that needs more than its memory is ended; the answers go on", async (test) => {
  const site = await startStandIn({ answer: ({ path }) => ({ body: path === "/feed" ? '{"events":[]}' : PAGE, status: path === "/robots.txt" ? 404 : 200 }) }, 0);
  cleanUp(test, () => site.close());
  const service = await startTestService(test, { FLEAMARKET_URL: `${site.url}/listing`, LOPPEMARKEDER_URL: `${site.url}/feed`, WORKER_MEMORY_MB: "128", SCHEDULE: "off" });
  const end = await triggerAndEnd(service.url);
  assert.deepEqual([end.status, end.error, end.exit_code], ["failed", "over-memory", 1]);
  assert.equal((await ask(`${service.url}/health`)).body.status, "healthy");
});
