import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { serveApp, type AppDefinition } from "cofferdam";
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

test("an app is found wherever it lies: its path may have spaces, brackets and any letter", async () => {
  const directory = join(await mkdtemp(join(tmpdir(), "cofferdam-app-")), "a b (ü) 50%");
  await mkdir(directory);
  const file = join(directory, "app.mjs");
  await writeFile(file, `import { defineApp } from "${import.meta.resolve("cofferdam")}";\nexport default defineApp({ name: "far", routes: () => new Response() });\n`);
  const { default: far } = (await import(pathToFileURL(file).href)) as { default: AppDefinition };
  assert.match(far.definedAt, /:2:\d+$/);
  const runtime = await serveApp(far, { port: 0, dataDir: join(directory, "data"), logLevel: "silent" });
  try {
    assert.deepEqual(
      runtime.control.apps().map(({ name }) => name),
      ["far"],
    );
  } finally {
    await runtime.stop();
    await rm(dirname(directory), { recursive: true, force: true });
  }
});
