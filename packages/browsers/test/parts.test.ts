// The parts that need no Chromium.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { PassThrough, Duplex } from "node:stream";
import { describe, it } from "node:test";
import { BROWSER_ERROR_CODES, BROWSER_EVENT_KINDS, createDeadline } from "../src/index.ts";
import { chromiumArguments } from "../src/process/arguments.ts";
import { PipeTransport } from "../src/process/pipe-transport.ts";
import { retireReason } from "../src/session/retirement.ts";

describe("the debugging pipe", () => {
  it("hands over each message whole and in a task of its own, however it is cut", async () => {
    for (const size of [1, 2, 7, 1000]) {
      const input = new PassThrough();
      const transport = new PipeTransport(new PassThrough(), input);
      const seen: object[] = [];
      const done = Promise.withResolvers<void>();
      const onmessage = (message: object): void => {
        seen.push(message);
        if (seen.length === 3) done.resolve();
      };
      Object.assign(transport, { onmessage });
      const bytes = Buffer.from('{"id":1}\0{"text":"für Ærø 🚢"}\0{"id":3}\0');
      for (let at = 0; at < bytes.length; at += size) input.write(bytes.subarray(at, at + size));
      await done.promise;
      assert.deepEqual(seen, [{ id: 1 }, { text: "für Ærø 🚢" }, { id: 3 }]);
    }
  });

  it("says once that it is closed, and again to who writes later", async () => {
    const input = new PassThrough();
    const output = new Duplex({ read: () => undefined, write: (_chunk, _encoding, done) => done(new Error("EPIPE")) });
    const transport = new PipeTransport(output, input);
    let closes = 0;
    const closed = Promise.withResolvers<void>();
    const onclose = (): void => {
      closes += 1;
      closed.resolve();
    };
    Object.assign(transport, { onclose });
    transport.send({ id: 1 });
    await closed.promise;
    transport.close();
    assert.equal(closes, 1);
    const again = Promise.withResolvers<void>();
    Object.assign(transport, { onclose: () => again.resolve() });
    transport.send({ id: 2 });
    await again.promise;
  });
});

describe("the launch arguments", () => {
  const options = { directory: "/scratch/b-1", threads: "standard" as const, sandbox: false, blocked: [], extra: [] };

  it("always have the pipe, the profile and no socket", () => {
    const line = chromiumArguments(options);
    assert.ok(line.includes("--remote-debugging-pipe") && line.includes("--user-data-dir=/scratch/b-1/p") && line.includes("--no-sandbox"));
    assert.ok(!line.some((argument) => argument.startsWith("--remote-debugging-port")));
  });

  it("join the caller's features to their own: Chromium would take the last list only", () => {
    const line = chromiumArguments({ ...options, sandbox: true, threads: "few", extra: ["--enable-features=Own", "--disable-features=Other", "--lang=de"] });
    const enabled = line.find((argument) => argument.startsWith("--enable-features="));
    assert.ok(enabled?.includes("NetworkServiceInProcess2") && enabled.endsWith(",Own"));
    assert.equal(line.filter((argument) => argument.startsWith("--disable-features=")).length, 1);
    assert.ok(line.includes("--lang=de") && !line.includes("--no-sandbox") && !line.includes("--single-process"));
  });
});

describe("retirement", () => {
  const rules = { pagesMax: 10, ageMsMax: 60_000, pssBytesMax: 5e8 };
  it("is by pages, by age, by memory, and says so", () => {
    assert.equal(retireReason({ pages: 9, ageMs: 59_999, pssBytes: 5e8 }, rules), null);
    assert.equal(retireReason({ pages: 10, ageMs: 0, pssBytes: 0 }, rules), "it has had 10 pages");
    assert.equal(retireReason({ pages: 0, ageMs: 60_000, pssBytes: 0 }, rules), "it is 60 s old");
    assert.equal(retireReason({ pages: 0, ageMs: 0, pssBytes: 6e8 }, rules), "it uses 600 MB");
  });
});

describe("a deadline", () => {
  it("keeps a reserve, at most half of the time", () => {
    using long = createDeadline({ timeMs: 20_000 });
    assert.ok(long.workMs() <= 18_500 && long.remainingMs() - long.workMs() > 1499);
    using short = createDeadline({ timeMs: 1000 });
    assert.ok(short.workMs() <= 500 && short.remainingMs() <= 1000);
    assert.throws(() => createDeadline({ timeMs: 0 }), { code: "invalid_option" });
  });

  it("is over with the job", () => {
    const job = new AbortController();
    using deadline = createDeadline({ timeMs: 20_000, signal: job.signal });
    job.abort(new Error("cancelled"));
    assert.equal(deadline.signal.reason.message, "cancelled");
  });
});

describe("the reference in the README", () => {
  const readme = readFileSync(join(import.meta.dirname, "..", "README.md"), "utf8");
  const section = (heading: string): string => readme.slice(readme.indexOf(heading) + heading.length).split("\n## ")[0] ?? "";

  it("has every error code, and no other", () => {
    const codes = [...section("\n## Errors").matchAll(/^\| `(\w+)`/gm)].map((match) => match[1]);
    assert.deepEqual(codes, BROWSER_ERROR_CODES);
  });

  it("has every event, and no other", () => {
    const line = readme.split("\n").find((each) => each.startsWith("Events: ")) ?? "";
    assert.deepEqual(
      [...line.matchAll(/`([\w-]+)`/g)].map((match) => match[1]),
      BROWSER_EVENT_KINDS,
    );
  });
});
