// How large an input may be is a setting: what a worker may say does not limit what it is given.
import assert from "node:assert/strict";
import { test } from "node:test";
import { decideVerdict } from "../../src/verdict/index.ts";
import { PAYLOAD_BYTES_MAX } from "../../src/wire/index.ts";
import { jobTypeIn, leaseOf, startWorker } from "./start-worker.ts";

const jobType = jobTypeIn("leaves-behind.ts");

test("an input that is larger than a worker's largest message reaches its job", async () => {
  await using open = await startWorker(jobType);
  const [running] = open.worker.run(jobType, [leaseOf(jobType, "a_1", { leaves: "nothing", ms: 0, filling: "x".repeat(PAYLOAD_BYTES_MAX) })], {
    onStarted: () => undefined,
    onProgress: () => undefined,
    onCheckpoint: () => Promise.resolve(),
    onIntent: () => Promise.resolve(),
  });
  const end = await running?.end;
  assert.ok(end?.kind === "ended");
  assert.equal(decideVerdict(end.evidence).cause, "succeeded");
});
