import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { serveApp } from "cofferdam";
import { app } from "./programs/sample.ts";

test("serveApp serves one app alone, with the API beside it", async () => {
  const directory = await mkdtemp(join(tmpdir(), "cofferdam-app-"));
  const running = Promise.withResolvers<void>();
  const runtime = await serveApp(app, {
    port: 0,
    dataDir: join(directory, "data"),
    logLevel: "silent",
    onEvent: (event) => event.kind === "service.running" && event.service === "app.sample" && running.resolve(),
  });
  try {
    await running.promise;
    assert.equal((await fetch(`${runtime.url}/where`)).status, 200);
    assert.equal((await fetch(`${runtime.url}/api/v1/types`)).status, 200);
  } finally {
    await runtime.stop();
    await rm(directory, { recursive: true, force: true });
  }
});
