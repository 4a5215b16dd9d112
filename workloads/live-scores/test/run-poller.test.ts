import assert from "node:assert/strict";
import { it } from "node:test";
import { createNames } from "../src/decode/names.ts";
import { SourceError } from "../src/errors.ts";
import type { Said } from "../src/poll/report.ts";
import { runPoller } from "../src/poll/run-poller.ts";
import type { Source } from "../src/poll/source.ts";

it("a poller whose service takes no report goes on, and tells it when it does again", async () => {
  const unread = async (): Promise<never> => {
    throw new SourceError("network", "not asked in this test");
  };
  const source: Source = {
    live: async () => ({ a: "CD.11", j: "106/10(31.1" }),
    names: async () => createNames({}),
    page: unread,
    info: unread,
    scorecard: unread,
    close: async () => undefined,
  };
  const asked = new AbortController();
  const answers: Said[] = [];
  let refusals = 0;
  const say = async (said: Said): Promise<void> => {
    // Not the first answer, and not that it is tried again.
    if ((said.kind === "answer" && refusals === 0) || said.kind === "retry") {
      refusals += 1;
      throw new SourceError("handover", "the service does not take a report");
    }
    if (said.kind !== "answer") return;
    answers.push(said);
    asked.abort();
  };
  const end = await runPoller({ source, handover: { say }, signal: asked.signal, pollingMs: 10, scorecardMs: 1_000_000, fraction: () => 0 });
  assert.deepEqual([end, answers.length, refusals], ["asked", 1, 2]);
});
