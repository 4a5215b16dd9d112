import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { openLearner, type Lesson } from "../../src/learning/index.ts";
import { addPoint, addSpreads, NO_FIT, NO_SPREAD, slopeOf, spreadOf } from "../../src/learning/fit.ts";
import { addHeap, addLeaks, closeSeries, findGrowth, judgeHeap, NO_LEAKS, viewLeaks, type HeapSeries } from "../../src/learning/leaks.ts";
import { addPeak, NO_PEAKS, predictPeak, suggestBytes, viewBudget, type TypePeaks } from "../../src/learning/peaks.ts";
import { addSize, mergeSketches, NO_SKETCH, quantileOf } from "../../src/learning/sketch.ts";
import { createFakeClock } from "../dispatch/fake-clock.ts";
import { seeded } from "../seeded.ts";

const MIB = 1024 ** 2;

/** Roughly normal, mean 0 and deviation 1. */
function noise(chance: () => number): number {
  let sum = 0;
  for (let count = 0; count < 12; count += 1) sum += chance();
  return sum - 6;
}

describe("the sketch of sizes", () => {
  const sizes = fc.array(fc.integer({ min: MIB, max: 64 * 1024 * MIB }), { minLength: 1, maxLength: 200 });
  it("a quantile is never below the true one, and at most 19 % above", () => {
    fc.assert(
      fc.property(sizes, fc.double({ min: 0.01, max: 1, noNaN: true }), (values, share) => {
        const sketch = values.reduce(addSize, NO_SKETCH);
        const sorted = [...values].sort((a, b) => a - b);
        const exact = sorted[Math.ceil(values.length * share) - 1] ?? 0;
        const said = quantileOf(sketch, share) ?? 0;
        assert.ok(said >= exact && said <= exact * 1.1893 + 1, `${said} for ${exact}`);
      }),
    );
  });

  it("sketches of classes together are the sketch of all, and a long past weighs less", () => {
    fc.assert(
      fc.property(sizes, sizes, (a, b) => {
        const together = [...a, ...b].reduce(addSize, NO_SKETCH);
        assert.deepEqual(mergeSketches([a.reduce(addSize, NO_SKETCH), b.reduce(addSize, NO_SKETCH)]), together);
      }),
    );
    let sketch = addSize(NO_SKETCH, 4000 * MIB);
    for (let count = 0; count < 20_000; count += 1) sketch = addSize(sketch, 100 * MIB);
    assert.ok(sketch.count <= 5000 && sketch.maxBytes < 130 * MIB, "what was once is forgotten");
  });
});

describe("the fit", () => {
  it("finds the true slope within its error, in about 95 of 100 cases", () => {
    const chance = seeded(7);
    let inside = 0;
    for (let round = 0; round < 400; round += 1) {
      let fit = NO_FIT;
      for (let x = 0; x < 20; x += 1) fit = addPoint(fit, x, 5 + 3 * x + 4 * noise(chance));
      const slope = slopeOf(spreadOf(fit));
      assert.ok(slope !== null);
      if (Math.abs(slope.perX - 3) <= slope.error) inside += 1;
    }
    assert.ok(inside > 365 && inside < 397, `${inside} of 400`);
  });

  it("groups with levels of their own share one slope", () => {
    let all = NO_SPREAD;
    for (const level of [0, 1000, -500]) {
      let fit = NO_FIT;
      for (let x = 0; x < 10; x += 1) fit = addPoint(fit, x, level + 2 * x);
      all = addSpreads(all, spreadOf(fit));
    }
    assert.ok(Math.abs((slopeOf(all)?.perX ?? 0) - 2) < 1e-9);
  });
});

function peaksOf(points: readonly (readonly [inputBytes: number, peakMib: number])[]): TypePeaks {
  return points.reduce((peaks, [inputBytes, peakMib]) => addPeak(peaks, { inputBytes, peakBytes: peakMib * MIB, budgetBytes: null, cause: "succeeded" }), NO_PEAKS);
}

describe("learned budgets", () => {
  it("suggests the most that was seen, with headroom; nothing before there is enough to see", () => {
    const few = peaksOf(Array.from({ length: 19 }, () => [10, 100] as const));
    assert.deepEqual([suggestBytes(few), viewBudget("t", null, few).advice], [null, "unknown"]);
    const enough = peaksOf(Array.from({ length: 30 }, (_, index) => [10, 80 + index] as const));
    assert.equal(suggestBytes(enough), 144 * MIB);
    const advice = (budgetMib: number | null) => viewBudget("t", budgetMib === null ? null : budgetMib * MIB, enough).advice;
    assert.deepEqual([advice(null), advice(128), advice(144), advice(200), advice(288)], ["set", "raise", "keep", "keep", "lower"]);
  });

  const succeed = (peaks: TypePeaks, count: number): TypePeaks => {
    let after = peaks;
    for (let index = 0; index < count; index += 1) after = addPeak(after, { inputBytes: 10, peakBytes: 100 * MIB, budgetBytes: 512 * MIB, cause: "succeeded" });
    return after;
  };
  const die = (peaks: TypePeaks, budgetBytes: number | null): TypePeaks => addPeak(peaks, { inputBytes: 10, peakBytes: 300 * MIB, budgetBytes, cause: "over-memory" });

  it("what died of memory is no peak: it only says that this budget, and every smaller one, is not enough", () => {
    const peaks = die(die(succeed(NO_PEAKS, 30), 512 * MIB), 256 * MIB);
    const view = viewBudget("t", 512 * MIB, peaks);
    assert.deepEqual([view.maxBytes, view.memoryDeaths, view.advice], [100 * MIB, 2, "raise"]);
    assert.equal(viewBudget("t", 256 * MIB, peaks).advice, "raise");
    // It has been raised since; what survived needed less than what died had, which is no reason to lower it.
    assert.equal(viewBudget("t", 1024 * MIB, peaks).advice, "keep");
    assert.equal(viewBudget("t", 256 * MIB, die(succeed(NO_PEAKS, 30), null)).advice, "raise", "without a budget what it had reached was not enough");
    assert.equal(viewBudget("t", null, peaks).advice, "unknown", "there is no budget to raise, and what survived with less suggests none");
  });

  it("a death of memory is forgotten as peaks are", () => {
    const peaks = die(succeed(NO_PEAKS, 30), 512 * MIB);
    const soon = viewBudget("t", 512 * MIB, succeed(peaks, 1000));
    assert.deepEqual([soon.memoryDeaths, soon.advice], [1, "raise"]);
    const late = viewBudget("t", 512 * MIB, succeed(peaks, 20_000));
    assert.deepEqual([late.memoryDeaths, late.advice], [0, "lower"]);
  });

  it("predicts from the line of today: what the type needed before its code changed weighs less and less", () => {
    const chance = seeded(13);
    let peaks = NO_PEAKS;
    const run = (count: number, perInput: number): void => {
      for (let index = 0; index < count; index += 1) {
        const inputMib = chance() * 4;
        peaks = addPeak(peaks, { inputBytes: inputMib * MIB, peakBytes: (60 + perInput * inputMib + noise(chance)) * MIB, budgetBytes: null, cause: "succeeded" });
      }
    };
    run(10_000, 20);
    run(60_000, 5);
    const prediction = predictPeak(peaks, 4 * MIB);
    assert.ok(prediction !== null && Math.abs(prediction.peakBytes - 80 * MIB) < MIB && prediction.errorBytes < 4 * MIB, JSON.stringify(prediction));
    assert.ok(prediction.observations >= 2500 && prediction.observations <= 5000);
  });

  it("by input size: classes, and a prediction whose error holds what really came in 95 of 100 cases", () => {
    const chance = seeded(11);
    const peakOf = (inputBytes: number): number => 60 + (20 * inputBytes) / MIB + 5 * noise(chance);
    const peaks = peaksOf(
      Array.from({ length: 200 }, () => {
        const inputBytes = Math.round(chance() * 4 * MIB);
        return [inputBytes, peakOf(inputBytes)] as const;
      }),
    );
    assert.ok(viewBudget("t", null, peaks).classes.length >= 3);
    let inside = 0;
    for (let round = 0; round < 300; round += 1) {
      const inputBytes = Math.round(chance() * 8 * MIB);
      const prediction = predictPeak(peaks, inputBytes);
      assert.ok(prediction !== null);
      if (Math.abs(prediction.peakBytes - peakOf(inputBytes) * MIB) <= prediction.errorBytes) inside += 1;
    }
    assert.ok(inside > 270, `${inside} of 300`);
    assert.equal(predictPeak(peaks, 40 * MIB), null, "so far beyond what was seen it would be a guess");
    assert.equal(predictPeak(peaksOf([[1, 2]]), 1), null);
  });
});

describe("leaks", () => {
  const rest = (heapUsedBytes: number) => ({ heapUsedBytes, handles: 1, scratchBytes: 100 });
  function heapOf(bytesPerAttempt: number, noiseBytes: number, count: number, seed: number): HeapSeries {
    const chance = seeded(seed);
    let series: HeapSeries | null = null;
    for (let index = 0; index < count; index += 1) series = addHeap(series, "t", rest(20 * MIB + index * bytesPerAttempt + noiseBytes * noise(chance)));
    if (series === null) throw new Error("nothing was added");
    return series;
  }

  it("a heap that grows is told from one that only breathes, with its confidence", () => {
    const grows = judgeHeap(spreadOf(heapOf(20_000, 200_000, 200, 3).fit));
    assert.equal(grows?.verdict, "grows");
    assert.ok(Math.abs((grows?.bytesPerAttempt ?? 0) - 20_000) <= (grows?.errorBytes ?? 0) * 2);
    for (const seed of [1, 2, 3, 4, 5]) assert.equal(judgeHeap(spreadOf(heapOf(0, 500_000, 200, seed).fit))?.verdict, "steady");
    assert.equal(judgeHeap(spreadOf(heapOf(20_000, 0, 15, 1).fit)), null, "too few points");
  });

  it("a worker whose heap will be too large is named before that, and not otherwise", () => {
    assert.match(findGrowth(heapOf(500_000, 100_000, 60, 3), 128 * MIB) ?? "", /^its heap grows by \d+ ± \d+ bytes with each t \(50 points\)$/);
    assert.equal(findGrowth(heapOf(1000, 1000, 200, 3), 512 * MIB), null, "far from hurting");
    assert.equal(findGrowth(heapOf(0, 100_000, 200, 3), 64 * MIB), null);
    assert.equal(findGrowth(heapOf(500_000, 0, 60, 3), null), null);
  });

  it("a leak that was mended is forgotten", () => {
    let leaks = NO_LEAKS;
    for (let worker = 0; worker < 20; worker += 1) leaks = closeSeries(leaks, heapOf(20_000, 50_000, 500, worker));
    assert.equal(viewLeaks("t", leaks, []).heap?.verdict, "grows");
    for (let worker = 0; worker < 20; worker += 1) leaks = closeSeries(leaks, heapOf(0, 50_000, 500, worker));
    assert.equal(viewLeaks("t", leaks, []).heap?.verdict, "steady");
    leaks = closeSeries(leaks, heapOf(20_000, 50_000, 500, 1));
    assert.equal(viewLeaks("t", leaks, []).heap?.verdict, "grows", "and a new one is seen");
  });

  it("counts what is left behind, over workers that are gone and those that live", () => {
    const leaked = { leaks: [{ kind: "process", pid: 1, command: "x", state: "ended" } as const], rest: rest(5) };
    const leaks = closeSeries(addLeaks(addLeaks(NO_LEAKS, leaked), { leaks: [], rest: null }), heapOf(10_000, 100, 40, 1));
    const view = viewLeaks("t", leaks, [heapOf(10_000, 100, 40, 2)]);
    assert.deepEqual([view.attempts, view.processes, view.looked, view.handles, view.scratchBytes], [2, 1, 1, 1, 100]);
    assert.equal(view.heap?.verdict, "grows");
  });
});

describe("the learner", () => {
  it("remembers over a restart, and forgets workers that are gone", async () => {
    const book = new Map<string, string>();
    const journal = {
      book: async () => [...book].map(([key, record]) => ({ key, record })),
      async putBook(_: string, entries: readonly { readonly key: string; readonly record: string | null }[]) {
        for (const { key, record } of entries) book.set(key, record ?? "");
      },
    };
    const open = () => openLearner({ clock: createFakeClock(), journal, onGrowth: (id) => grown.push(id), onError: (error) => assert.fail(String(error)) });
    const grown: string[] = [];
    const lesson: Lesson = { type: "t", workerId: "w", inputBytes: 1, peakBytes: 50 * MIB, budgetBytes: 128 * MIB, cause: "succeeded", leaks: [], rest: null };
    const first = await open();
    for (let index = 0; index < 60; index += 1) first.observe({ ...lesson, rest: { heapUsedBytes: index * MIB, handles: 0, scratchBytes: 0 } });
    assert.ok(grown.length > 0 && grown.every((id) => id === "w"));
    for (let index = 0; index < 5000; index += 1) first.observe({ ...lesson, type: "u", workerId: `w${index}` });
    await first.close();
    const [key, record] = ["t", JSON.parse(book.get("t") ?? "")];
    delete record.peaks.notEnoughBytes;
    book.set(key, JSON.stringify(record));
    const second = await open();
    second.observe({ ...lesson, cause: "over-memory" });
    assert.equal(second.budgets([{ type: "t", budgetBytes: 128 * MIB }])[0]?.advice, "raise", "also where an earlier version kept less");
    assert.equal(second.reservation("t"), Math.round(50 * MIB * 1.3));
    assert.equal(second.leaks().find(({ type }) => type === "t")?.heap?.verdict, "grows");
    assert.equal(second.leaks().find(({ type }) => type === "u")?.attempts, 5000);
    await second.close();
  });
});
