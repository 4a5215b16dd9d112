import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, Readable, Writable } from "node:stream";
import { after, before, describe, it } from "node:test";
import { shownLines } from "../../src/model/index.ts";
import { systemClock } from "../../src/platform/index.ts";
import { lastLines, readFatalReport, readLogTail, readTail } from "../../src/supervisor/evidence.ts";
import { fileSink, pumpSink } from "../../src/supervisor/output.ts";
import { createFakeClock } from "../dispatch/fake-clock.ts";

let directory = "";
before(async () => {
  directory = await mkdtemp(join(tmpdir(), "cofferdam-evidence-"));
});
after(() => rm(directory, { recursive: true, force: true }));

describe("the last lines of a log", () => {
  it("are the last four hundred that say something, none without end", () => {
    const text = Array.from({ length: 430 }, (_, index) => `line ${index}  \n\n`).join("");
    assert.deepEqual([lastLines(text).length, lastLines(text).at(0), lastLines(text).at(-1)], [400, "line 30", "line 429"]);
    assert.deepEqual(lastLines(""), []);
    assert.equal(lastLines("x".repeat(50_000))[0]?.length, 8192);
  });

  it("are kept and shown twenty at most, and 8 KB of them", () => {
    const lines = Array.from({ length: 30 }, (_, index) => `line ${index}`);
    assert.deepEqual([shownLines(lines).length, shownLines(lines).at(0), shownLines(lines).at(-1)], [20, "line 10", "line 29"]);
    assert.equal(shownLines(lines.map((line) => line.padEnd(8000))).join("\n").length, 8192);
    assert.deepEqual(shownLines([]), []);
  });

  it("are those of one attempt's own range", async () => {
    const file = join(directory, "worker.log");
    await writeFile(file, "before\nmine 1\nmine 2\nafter\n");
    assert.deepEqual(await readLogTail({ file, from: 7, to: 21 }), ["mine 1", "mine 2"]);
    assert.deepEqual(await readLogTail({ file, from: 21, to: 21 }), []);
    assert.deepEqual(await readTail(file, 21), { lines: ["after"], to: 27 });
    assert.equal(fileSink(file).bytes(), 27);
  });

  it("are none when the log is gone: missing evidence is no evidence", async () => {
    const file = join(directory, "gone.log");
    assert.deepEqual(await readLogTail({ file, from: 0, to: 10 }), []);
    assert.deepEqual(await readTail(file, 5), { lines: [], to: 5 });
    assert.deepEqual([fileSink(file).bytes(), await fileSink(file).tail()], [0, []]);
  });
});

describe("V8's report", () => {
  it("is read for what ended it and how full the heap was", async () => {
    await writeFile(
      join(directory, "fatal.json"),
      JSON.stringify({ header: { event: "Allocation failed - JavaScript heap out of memory", trigger: "OOMError" }, javascriptHeap: { usedMemory: 5, memoryLimit: 7 } }),
    );
    const report = await readFatalReport(directory);
    assert.deepEqual([report?.trigger, report?.heapUsedBytes, report?.heapLimitBytes], ["OOMError", 5, 7]);
  });

  it("is null when it is missing or was cut short", async () => {
    await writeFile(join(directory, "fatal.json"), '{"header":{"event":"Alloc');
    assert.equal(await readFatalReport(directory), null);
    assert.equal(await readFatalReport(join(directory, "nowhere")), null);
  });
});

/** Nobody is in a hurry. */
const NOBODY = new Promise<never>(() => undefined);
const TEXT = "x".repeat(300_000);

/** Takes nothing until it is told to go on. */
class Pager extends Writable {
  #taken = 0;
  #goOn: (() => void) | null = null;
  #isPaused = true;

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.#taken += chunk.length;
    if (this.#isPaused) this.#goOn = done;
    else done();
  }

  goOn(): void {
    this.#isPaused = false;
    this.#goOn?.();
  }

  taken(): number {
    return this.#taken;
  }
}

function pausedAfterTheEnd(hurry: Promise<unknown>) {
  const [from, to, clock] = [
    Readable.from(
      [TEXT.slice(0, 100_000), TEXT.slice(100_000)].map((part) => Buffer.from(part)),
      { objectMode: false },
    ),
    new Pager(),
    createFakeClock(),
  ];
  const sink = pumpSink([{ from, to }], () => undefined, clock);
  const drained = { isDone: false, end: Promise.resolve() };
  drained.end = sink.drained(hurry).then(() => {
    drained.isDone = true;
  });
  return { from, to, sink, clock, drained };
}

describe("output that is passed on", () => {
  it("is counted and remembered, whoever takes it", async () => {
    const totals: number[] = [];
    const [out, err] = [new PassThrough(), new PassThrough()];
    const sink = pumpSink(
      [
        { from: out, to: null },
        { from: err, to: null },
      ],
      (total) => void totals.push(total),
      systemClock,
    );
    out.end("one\n");
    err.end("three\n");
    await sink.drained(NOBODY);
    assert.deepEqual([sink.bytes(), totals.at(-1)], [10, 10]);
    assert.deepEqual([...(await sink.tail())].sort(), ["one", "three"]);
  });

  it("waits for a slow reader instead of filling memory", async () => {
    const from = new PassThrough();
    const to = new Pager({ highWaterMark: 1 });
    const sink = pumpSink([{ from, to }], () => undefined, systemClock);
    const paused = once(from, "pause");
    from.write("first");
    await paused;
    from.end("second");
    const resumed = once(from, "resume");
    to.goOn();
    await resumed;
    await sink.drained(NOBODY);
    assert.equal(sink.bytes(), 11);
  });

  it("reaches a reader that pauses for long after the program's end, to the last byte", async () => {
    const { from, to, sink, clock, drained } = pausedAfterTheEnd(NOBODY);
    await clock.pass(60_000);
    assert.equal(drained.isDone, false);
    to.goOn();
    await drained.end;
    assert.deepEqual([to.taken(), sink.bytes()], [TEXT.length, TEXT.length]);
    assert.deepEqual([from.destroyed, clock.timers(), to.listenerCount("close")], [true, 0, 0]);
  });

  it("is not waited for longer than a second when somebody is in a hurry", async () => {
    const { from, clock, drained } = pausedAfterTheEnd(Promise.resolve());
    await clock.pass(1000);
    await drained.end;
    assert.deepEqual([from.destroyed, clock.timers()], [true, 0]);
  });

  it("is not waited for longer than a second when somebody who escaped holds the pipe", async () => {
    const [from, clock] = [new PassThrough(), createFakeClock()];
    const sink = pumpSink([{ from, to: new PassThrough() }], () => undefined, clock);
    from.write("held");
    const end = sink.drained(NOBODY);
    await clock.pass(1000);
    await end;
    assert.deepEqual([from.destroyed, clock.timers()], [true, 0]);
  });

  it("of many programs to one reader is one listener", async () => {
    const to = new Pager({ highWaterMark: 1 });
    const programs = Array.from({ length: 20 }, () => new PassThrough());
    const sinks = programs.map((from) => pumpSink([{ from, to }], () => undefined, systemClock));
    const listeners = () => (["close", "drain"] as const).map((event) => to.listenerCount(event));
    const paused = programs.map((from) => once(from, "pause"));
    for (const from of programs) from.write("first ");
    await Promise.all(paused);
    assert.deepEqual(listeners(), [1, 1]);
    for (const from of programs) from.end("second");
    to.goOn();
    await Promise.all(sinks.map((sink) => sink.drained(NOBODY)));
    assert.deepEqual([to.taken(), ...listeners()], [20 * 12, 0, 0]);
  });

  it("breaks the program's pipe when its reader is gone", async () => {
    const { from, to, drained } = pausedAfterTheEnd(NOBODY);
    to.destroy();
    await drained.end;
    assert.equal(from.destroyed, true);
  });
});
