// What is decided purely: pauses, verdicts, what comes next, alerts, passes, batches, masks.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { backoffMs } from "../src/conduct/backoff.ts";
import { classifyEnd, type JobEnd } from "../src/conduct/classify-end.ts";
import { decideNext } from "../src/conduct/decide-next.ts";
import { createEnvelope } from "../src/ingest/envelope.ts";
import { planPasses } from "../src/parse/plan-passes.ts";
import { nextBatchRows } from "../src/process/batch-size.ts";
import { SettingsError } from "workload-command-line";
import { readSettings, SETTING_ROWS } from "../src/settings.ts";
import { createAlerts, type Alert } from "../src/watch/alerts.ts";
import { createLog } from "../src/watch/log.ts";
import { backfillFails } from "../src/watch/windows.ts";

const RULES = { backoffBaseMs: 1000, backoffMaxMs: 300_000 };

describe("rule 14: the pauses", () => {
  it("are 1, 2, 4, 8, 256 and 300 s after attempts 1, 2, 3, 4, 9 and 10, and up to a fifth longer", () => {
    const pauses = [1, 2, 3, 4, 9, 10].map((failed) => backoffMs(RULES, failed, 0) / 1000);
    assert.deepEqual(pauses, [1, 2, 4, 8, 256, 300]);
    assert.equal(backoffMs(RULES, 10, 0.999_999), 360_000);
  });
});

const END: JobEnd = { state: "quarantined", cause: "crashed", summary: "it crashed", error: null };

describe("what becomes of a failed attempt", () => {
  const question = { type: "process_snapshot", failedBefore: 0, retriesMax: 5, backoff: RULES, fraction: 0 } as const;

  it("names the runtime's causes in this workload's words", () => {
    const types = (["over-memory", "out-of-heap", "oom-killed", "over-time", "stalled", "blocked", "lock-contention", "killed", "lost"] as const).map(
      (cause) => classifyEnd({ ...END, cause }).type,
    );
    assert.deepEqual(types, ["OOM", "OOM", "OOM", "TIMEOUT", "TIMEOUT", "TIMEOUT", "DB_ERROR", "CRASH", "CRASH"]);
    const thrown = classifyEnd({ ...END, cause: "failed", error: { code: "DB_ERROR", message: "away", retryable: true } });
    assert.deepEqual([thrown.type, thrown.permanent], ["DB_ERROR", false]);
  });

  it("tries memory once more in the high-memory lane, and never in the same", () => {
    const failure = classifyEnd({ ...END, cause: "out-of-heap" });
    assert.equal(decideNext({ ...question, failure }).kind, "quarantine-and-retry");
    assert.equal(decideNext({ ...question, failure, type: "process_snapshot_backfill" }).kind, "quarantine-and-retry");
    assert.equal(decideNext({ ...question, failure, type: "process_snapshot_highmem" }).kind, "quarantine");
  });

  it("retries what may pass, five attempts in all, and never what cannot", () => {
    const failure = classifyEnd(END);
    assert.deepEqual(decideNext({ ...question, failure, failedBefore: 3 }), { kind: "retry", pauseMs: 8000 });
    assert.equal(decideNext({ ...question, failure, failedBefore: 4 }).kind, "dead-letter");
    assert.equal(decideNext({ ...question, failure: { ...failure, permanent: true } }).kind, "dead-letter");
  });
});

describe("rule 18", () => {
  function watch(): { readonly alerts: ReturnType<typeof createAlerts>; readonly raised: Alert[]; readonly tripped: string[]; advance(ms: number): void } {
    let now = 0;
    const raised: Alert[] = [];
    const tripped: string[] = [];
    return {
      alerts: createAlerts({ nowMs: () => now, raise: (alert) => void raised.push(alert), trip: (type) => void tripped.push(type) }),
      raised,
      tripped,
      advance: (ms) => void (now += ms),
    };
  }

  it("alerts above 1 % failures over five minutes, once, and again when it comes back", () => {
    const { alerts, raised, advance } = watch();
    for (let job = 0; job < 100; job += 1) alerts.ended("a", job === 0);
    assert.deepEqual(
      raised.map(({ name }) => name),
      ["failure_rate"],
    );
    assert.deepEqual(alerts.active(), [], "one of a hundred is not above 1 %");
    alerts.ended("a", true);
    assert.equal(raised.length, 2);
    advance(5 * 60_000 + 1);
    assert.deepEqual(alerts.active(), []);
  });

  it("alerts at the fourth worker that dies within ten minutes", () => {
    const { alerts, raised } = watch();
    for (let death = 0; death < 3; death += 1) alerts.workerDied();
    assert.equal(raised.length, 0);
    alerts.workerDied();
    assert.deepEqual(
      raised.map(({ name }) => name),
      ["worker_restarts"],
    );
  });

  it("pauses a type when more than half of its last twenty jobs failed", () => {
    const { alerts, tripped } = watch();
    for (let job = 0; job < 20; job += 1) alerts.ended("a", job % 2 === 0);
    assert.deepEqual(tripped, []);
    alerts.ended("a", true);
    assert.deepEqual(tripped, [], "the oldest failure has left the window");
    alerts.ended("a", true);
    assert.deepEqual(tripped, ["a"]);
    for (let job = 0; job < 19; job += 1) alerts.ended("a", true);
    assert.deepEqual(tripped, ["a"], "it begins to count anew");
  });

  it("pauses a backfill at the third failure of the last 200", () => {
    assert.deepEqual([backfillFails(2), backfillFails(3)], [false, true]);
  });
});

describe("plans", () => {
  it("reads once when the order is right, and as often as it must otherwise", () => {
    assert.deepEqual(planPasses(["a", "b", "c"], ["a", "b", "c"]), [["a", "b", "c"]]);
    assert.deepEqual(planPasses(["a", "b", "c"], ["c", "b", "a"]), [["a"], ["b"], ["c"]]);
    assert.deepEqual(planPasses(["a", "b", "c"], ["c"]), [["c"]]);
  });

  it("never takes fewer than 25 rows, nor more than a full batch", () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true })), (shares) => {
        let rows = 250;
        for (const share of shares) {
          rows = nextBatchRows(rows, 250, share);
          assert.ok(rows >= 25 && rows <= 250);
        }
      }),
    );
  });
});

describe("the envelope", () => {
  const payloadOf = (text: string, chunkBytes: number): { readonly payload: string; readonly members: object } => {
    const bytes = Buffer.from(text);
    const envelope = createEnvelope();
    const parts: Buffer[] = [];
    for (let at = 0; at < bytes.length; at += chunkBytes) for (const slice of envelope.push(bytes.subarray(at, at + chunkBytes))) parts.push(Buffer.from(slice));
    return { members: envelope.end(), payload: Buffer.concat(parts).toString("utf8") };
  };

  it("passes on exactly the payload's bytes, wherever they stand and are cut", () => {
    const value = fc.oneof(fc.json(), fc.constant(' {"a" : "}\\"{" , "b":[1, 2 ]}'));
    fc.assert(
      fc.property(value, fc.integer({ min: 1, max: 9 }), fc.boolean(), (inner, chunkBytes, last) => {
        const payload = `{"x":${inner}}`;
        const others = '"source":"a \\"b\\"","n": 12 ,"deep":{"k":[{}]}';
        const text = last ? `{${others},"payload": ${payload} }` : `{"payload":${payload},${others}}`;
        const read = payloadOf(text, chunkBytes);
        assert.equal(read.payload, payload);
        assert.deepEqual(read.members, { source: 'a "b"', n: 12, deep: { k: [{}] } });
      }),
    );
  });

  for (const text of ["", "[]", '{"payload":{}', '{"payload":{}} x', '{"payload":1}', '{"payload":{},"payload":{}}', '{"a" "b"}', '{"source":tru,"payload":{}}', '{"source":"a"}'])
    it(`refuses ${JSON.stringify(text)}`, () => assert.throws(() => payloadOf(text, 3), { code: "INVALID_PAYLOAD" }));
});

describe("rule 20", () => {
  it("masks what names a secret, cuts what is long, and shows no bytes", () => {
    const lines: string[] = [];
    createLog((line) => lines.push(line)).info("seen", {
      authToken: "t1",
      nested: { API_KEY: "t2", Password: "t3", fine: "shown" },
      body: Buffer.from("t4"),
      long: `${"x".repeat(2000)}t5`,
    });
    const text = lines.join();
    assert.match(text, /shown/);
    for (const secret of ["t1", "t2", "t3", "t4", "t5"]) assert.ok(!text.includes(secret), secret);
  });
});

describe("settings", () => {
  it("have the defaults of the specification, and name what is wrong", () => {
    const settings = readSettings({});
    assert.deepEqual(
      [
        settings.port,
        settings.metricsPort,
        settings.workerConcurrency,
        settings.batchSize,
        settings.retriesMax,
        settings.sizeGuardBytes,
        settings.bytesMax,
        settings.dedupeMs,
        settings.claimTtlMs,
      ],
      [3004, 9091, 4, 250, 5, 5_000_000, 33_554_432, 60_000, 1_800_000],
    );
    assert.throws(() => readSettings({ ETL_BATCH_SIZE: "many" }), SettingsError);
    assert.throws(() => readSettings({ PORT: "1.5" }), /PORT/);
    assert.equal(new Set(SETTING_ROWS.map(({ variable }) => variable)).size, SETTING_ROWS.length);
  });
});
