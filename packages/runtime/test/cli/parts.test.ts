import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { bashScript, fishScript, wordsOf, zshScript } from "../../src/cli/completion-scripts.ts";
import { decodeEvent, serverSentData } from "../../src/cli/event-stream.ts";
import { EXIT, exitCodeOfError } from "../../src/cli/exit-codes.ts";
import { filterQuery, parseFilters } from "../../src/cli/filter.ts";
import { readInput } from "../../src/cli/input.ts";
import { parseMoment, relative } from "../../src/cli/moment.ts";
import { buildProgram } from "../../src/cli/program.ts";
import { formatFields, formatTable } from "../../src/cli/table.ts";
import { reportError, wantsColor } from "../../src/cli/terminal.ts";
import { CofferdamError, ERROR_KINDS, type ErrorCode, type RuntimeEvent } from "../../src/model/index.ts";
import { renderEvent } from "../../src/query/index.ts";
import { testTerminal } from "./test-terminal.ts";

const NOW = Date.parse("2026-05-01T12:00:00Z");

describe("tables", () => {
  it("are aligned, plain and printable", () => {
    assert.equal(
      formatTable(
        ["id", "what"],
        [
          ["j_1", "a\u001b[31m b"],
          ["longer", ""],
        ],
      ),
      "ID      WHAT\nj_1     a [31m b\nlonger  -",
    );
  });

  it("leave fields without a value out", () => {
    assert.equal(
      formatFields([
        ["id", "j_1"],
        ["cause", null],
        ["lane", "x"],
      ]),
      "id    j_1\nlane  x",
    );
  });
});

describe("times", () => {
  it("are points or distances", () => {
    assert.equal(parseMoment("2026-05-02T00:00:00Z", "--at", NOW, "future"), NOW + 12 * 3_600_000);
    assert.equal(parseMoment("30m", "--until", NOW, "future"), NOW + 1_800_000);
    assert.equal(parseMoment("30m", "--since", NOW, "past"), NOW - 1_800_000);
    assert.throws(() => parseMoment("2026-99-99", "--at", NOW, "future"), { code: "invalid_option" });
    assert.throws(() => parseMoment("soon", "--at", NOW, "future"), { code: "invalid_option", message: /^--at: "soon"/ });
  });

  it("are worded relative to now", () => {
    assert.equal(relative("2026-05-01T11:59:48Z", NOW), "12 s ago");
    assert.equal(relative("2026-05-01T12:03:00Z", NOW), "in 3 min");
    assert.equal(relative(null, NOW), "");
  });
});

describe("filters", () => {
  it("become the API's names", () => {
    assert.deepEqual(filterQuery(parseFilters(["state=failed,retrying", "state=ready", "text=a=b", "since=1h"]), NOW), {
      state: "failed,retrying,ready",
      q: "a=b",
      since: "2026-05-01T11:00:00.000Z",
    });
  });

  it("refuse what does not exist, with a suggestion", () => {
    assert.throws(() => parseFilters(["stat=failed"]), { code: "invalid_option", message: /did you mean "state"/ });
    assert.throws(() => parseFilters(["lane"]), { code: "invalid_option" });
    assert.throws(() => parseFilters(["lane=a", "lane=b"]), { code: "invalid_option", message: /twice/ });
    assert.throws(() => filterQuery({ state: ["faild"] }, NOW), { code: "invalid_option", message: /did you mean "failed"/ });
    assert.throws(() => filterQuery({ cause: "oom" }, NOW), { code: "invalid_option", message: /no cause "oom"/ });
  });
});

describe("inputs", () => {
  it("are JSON, a file of it, or nothing", async () => {
    const directory = await mkdtemp(join(tmpdir(), "cofferdam-cli-"));
    try {
      const { terminal } = testTerminal({ directory });
      await writeFile(join(directory, "in.json"), '{"a":1}');
      await writeFile(join(directory, "bad.json"), "{");
      assert.equal(await readInput(terminal, undefined), "null");
      assert.equal(await readInput(terminal, '{"big":12345678901234567890}'), '{"big":12345678901234567890}');
      assert.equal(await readInput(terminal, "@in.json"), '{"a":1}');
      await assert.rejects(readInput(terminal, "{nope"), { code: "invalid_json", message: /^the input: / });
      await assert.rejects(readInput(terminal, "@bad.json"), { code: "invalid_json", message: /bad\.json: / });
      await assert.rejects(readInput(terminal, "@missing.json"), { code: "invalid_option", message: /missing\.json cannot be read/ });
    } finally {
      await rm(directory, { recursive: true });
    }
  });
});

describe("errors", () => {
  it("say what, why and what next, without a stack", () => {
    const { terminal, err, out } = testTerminal();
    const code = reportError(
      terminal,
      new CofferdamError("invalid_input", "hello: the input does not fit", { hint: "Look at the schema.", errors: [{ pointer: "/name", detail: "must be a text" }] }),
    );
    assert.equal(code, EXIT.usage);
    assert.equal(out(), "");
    assert.equal(err(), "error: the input does not match the job type's schema — hello: the input does not fit\n  at /name: must be a text\n  next: Look at the schema.\n");
  });

  it("show a stack only when it is asked for", () => {
    const quiet = testTerminal();
    assert.equal(reportError(quiet.terminal, new TypeError("boom")), EXIT.unexpected);
    assert.doesNotMatch(quiet.err(), /\n\s+at .*:\d+/);
    const loud = testTerminal({ env: { COFFERDAM_DEBUG: "1" } });
    reportError(loud.terminal, new TypeError("boom"));
    assert.match(loud.err(), /\n\s+at .*:\d+/);
  });

  it("each have an exit code of the documented ones", () => {
    const known = new Set<number>(Object.values(EXIT));
    for (const code of Object.keys(ERROR_KINDS)) assert.ok(known.has(exitCodeOfError(code as ErrorCode)), code);
    assert.equal(exitCodeOfError("unreachable"), 69);
    assert.equal(exitCodeOfError("draining"), 75);
    assert.equal(exitCodeOfError("forbidden"), 77);
    for (const thing of ["job", "attempt", "incident", "schedule", "lane", "trip", "operation", "service", "breaker", "worker"] as const)
      assert.equal(exitCodeOfError(`${thing}_not_found`), 4, thing);
  });
});

it("colour follows NO_COLOR, FORCE_COLOR, TERM and the terminal", () => {
  assert.equal(wantsColor({}, true), true);
  assert.equal(wantsColor({}, false), false);
  assert.equal(wantsColor({ NO_COLOR: "1", FORCE_COLOR: "1" }, true), false);
  assert.equal(wantsColor({ FORCE_COLOR: "1" }, false), true);
  assert.equal(wantsColor({ TERM: "dumb" }, true), false);
});

describe("the event stream", () => {
  it("is cut back into events, wherever it is split", async () => {
    const event: RuntimeEvent = {
      kind: "attempt.ended",
      atMs: NOW,
      jobId: "j_1",
      attemptId: "a_1",
      attempt: 1,
      type: "t",
      lane: "default",
      cause: "failed",
      summary: "é",
      startedAtMs: NOW - 1234,
      wallMs: 1234,
      memoryPeakBytes: 5,
      pidsPeak: 1,
      incidentId: null,
      leaks: [],
      next: "retry",
      retryAtMs: NOW + 1000,
      movedTo: null,
    };
    const bytes = new TextEncoder().encode(`retry: 3000\n\n: hi\n\nid: 4\nevent: attempt.ended\ndata: ${JSON.stringify(renderEvent(event))}\n\n`);
    for (let at = 0; at < bytes.length; at += 1) {
      const found = [];
      for await (const view of serverSentData(chunks(bytes, at))) found.push(decodeEvent(view));
      assert.deepEqual(found, [event]);
    }
  });

  async function* chunks(bytes: Uint8Array, at: number): AsyncIterable<Uint8Array> {
    yield bytes.subarray(0, at);
    yield bytes.subarray(at);
  }
});

describe("completion", () => {
  const rows = wordsOf(buildProgram(testTerminal().terminal, () => {}));

  it("knows every command and option of the tree", () => {
    for (const script of [bashScript(rows), zshScript(rows), fishScript(rows)]) {
      for (const word of ["quarantine", "release", "idempotency-key", "show-origin"]) assert.ok(script.includes(word), word);
      assert.ok(!script.includes("undefined"));
    }
  });
});
