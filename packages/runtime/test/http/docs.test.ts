import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, describe, it } from "node:test";
import { Registry } from "@prometheus-io/client";
import { createOperations } from "../../src/control/index.ts";
import { BATCH_BYTES_MAX, BATCH_ITEMS_MAX } from "../../src/http/routes/enqueue.ts";
import { allRoutes } from "../../src/http/routes/index.ts";
import { createOpenStreams } from "../../src/http/stream.ts";
import { createInstruments } from "../../src/metrics/instruments.ts";
import { OUTCOMES, outcomeOf } from "../../src/metrics/index.ts";
import { CAUSES, ERROR_KINDS } from "../../src/model/index.ts";
import { systemChance, systemClock } from "../../src/platform/index.ts";
import { startTestHost, type TestHost } from "./host.ts";

const REFERENCE = new URL("../../../../docs/reference/", import.meta.url);

/** Rows of all tables whose first cell is code: cells without their backticks. */
async function rowsOf(file: string): Promise<readonly (readonly string[])[]> {
  const text = await readFile(new URL(file, REFERENCE), "utf8");
  const rows = text.split("\n").filter((line) => line.startsWith("| `"));
  return rows.map((line) =>
    line
      .slice(1, -1)
      .split(/(?<!\\)\|/)
      .map((cell) => cell.trim().replaceAll("`", "")),
  );
}

describe("reference pages", () => {
  let host: TestHost;
  before(async () => {
    host = await startTestHost();
  });
  after(() => host.close());

  it("http.md has every route with its role, its answers and refusals, and no other", async () => {
    const { control, metrics } = host;
    const options = { host: "127.0.0.1", port: 0, tokens: [], allowedHosts: [], inputBytesMax: 1, version: "" };
    const routes = allRoutes({
      control,
      metrics,
      options,
      operations: createOperations({ control, journal: host.store, clock: systemClock, chance: systemChance }),
      clock: systemClock,
      streams: createOpenStreams(),
      closed: false,
    });
    const expected = routes.map(({ method, path, access, answers, refusals, summary }) => [
      `${method.toUpperCase()} ${path}`,
      access,
      Object.keys(answers).join(" "),
      refusals.join(" "),
      summary.replaceAll("`", "").replaceAll("|", "\\|"),
    ]);
    const written = (await rowsOf("http.md")).filter(([first]) => /^(GET|POST|PUT|PATCH|DELETE) /.test(first ?? ""));
    assert.deepEqual(written, expected);
    const text = await readFile(new URL("http.md", REFERENCE), "utf8");
    assert.ok(text.includes(`${BATCH_ITEMS_MAX} items`) && text.includes(`${BATCH_BYTES_MAX / 1024 ** 2} MB`));
  });

  it("errors.md has every code with its status, family and title, and no other", async () => {
    const expected = Object.entries(ERROR_KINDS).map(([code, { status, family, title }]) => [code, String(status), family, title]);
    const written = (await rowsOf("errors.md")).map((row) => row.slice(0, 4));
    assert.deepEqual(written, expected);
    for (const row of await rowsOf("errors.md")) assert.ok((row[4] ?? "").length > 10, `${row[0]} says what to do next`);
  });

  it("metrics.md has every metric with its kind and labels, every outcome with its causes, and no other", async () => {
    const registry = new Registry();
    createInstruments([registry]);
    const expected = await Promise.all(
      registry
        .getMetricsAsArray()
        .map(async ({ name, type, help }) => [name, type, ((Reflect.get(registry.getSingleMetric(name) ?? {}, "labelNames") as string[] | undefined) ?? []).join(" "), help]),
    );
    const rows = await rowsOf("metrics.md");
    assert.deepEqual(
      rows.filter(([name]) => name?.startsWith("cofferdam_")),
      expected,
    );
    assert.deepEqual(
      rows.filter(([name]) => !name?.startsWith("cofferdam_")),
      OUTCOMES.map((outcome) => [outcome, CAUSES.filter((cause) => outcomeOf(cause) === outcome).join(" ")]),
    );
    for (const [name = "", type] of expected) {
      assert.equal(String(name).endsWith("_total"), type === "counter", String(name));
      assert.doesNotMatch(String(name), /_(ms|milliseconds|minutes|mb|kb)\b/);
    }
  });
});
