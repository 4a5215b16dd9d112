import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { SettingsError } from "workload-command-line";
import { lanesOf } from "../src/service.ts";
import { readSettings, SETTING_ROWS, toEnvironment } from "../src/settings.ts";

describe("the settings", () => {
  it("have the defaults of the specification", () => {
    const settings = readSettings({});
    assert.deepEqual(
      [
        settings.port,
        settings.buildQueryLimit,
        settings.cleanupArtifacts,
        settings.pollHours,
        settings.downloads,
        settings.imports,
        settings.requestTimeoutMs,
        settings.importTimeoutMs,
        settings.stallMs,
      ],
      [8003, 100, true, 12, 5, 5, 30_000, 1_200_000, 60_000],
    );
    assert.deepEqual(
      [settings.batchSize, settings.importMemoryMb, settings.largeMemoryMb, settings.largeBytes, settings.largeCases, settings.databaseBusyMs, settings.retryPausesMs],
      [2500, 256, 512, 10_485_760, 10_000, 30_000, [1000, 2000, 4000]],
    );
  });
  it("say how many imports run at once: those of ordinary size side by side, a large one alone", () => {
    const { imports, large, downloads } = lanesOf(readSettings({ IMPORTS: "3" }));
    assert.deepEqual([imports?.concurrency, large?.concurrency, downloads?.concurrency], [3, 1, 5]);
  });
  it("survive the way through the environment of a worker", () => {
    const settings = readSettings({ POLL_HOURS: "0.5", DB_BUSY_SECONDS: "0.2", JENKINS_URL: "http://127.0.0.1:1/", RETRY_SECONDS: "0,0.5", CLEANUP_ARTIFACTS_AFTER_IMPORT: "no" });
    assert.deepEqual(readSettings(toEnvironment(settings)), settings);
  });
  for (const [name, value] of Object.entries({
    PORT: "1.5",
    BATCH_SIZE: "0",
    DOWNLOADS: "many",
    STALL_SECONDS: "-1",
    CLEANUP_ARTIFACTS_AFTER_IMPORT: "perhaps",
    RETRY_SECONDS: "1,x",
  })) {
    it(`refuse ${name}=${value} by name`, () =>
      assert.throws(
        () => readSettings({ [name]: value }),
        (error) => error instanceof SettingsError && error.message.startsWith(name),
      ));
  }
  it("are all in the README", async () => {
    const readme = await readFile(join(import.meta.dirname, "..", "README.md"), "utf8");
    for (const { variable } of SETTING_ROWS) assert.ok(readme.includes(`\`${variable}\``), variable);
  });
});
