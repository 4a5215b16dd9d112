// A look at some contenders, for whoever changes something: CPU, memory and wall time of each round, written nowhere.
import { runContender } from "./harness/run-contender.ts";
import { setUp, flag } from "./harness/setup.ts";
const pages = flag("pages", 40);
await using setup = await setUp();
const attempts = Array.from({ length: pages }, (_one, index) => ({ index, fault: null }));
for (let round = 0; round < flag("rounds", 2); round += 1)
  for (const name of process.argv.slice(2).filter((word) => /^[a-z]/.test(word))) {
    const run = await runContender(
      name,
      { site: setup.site.url, chromium: setup.chromium, slowChromium: setup.slowChromium, attempts, concurrency: 4, limitMs: 60_000 },
      { patienceMs: 200_000, looksAgain: false, samplesPss: true },
    );
    console.log(
      name.padEnd(20),
      "wall",
      Math.round(run.result?.wallMs ?? 0),
      "own cpu",
      Math.round(run.result?.ownCpuMs ?? 0),
      "tree cpu",
      run.cpuSeconds.toFixed(2),
      "pss",
      Math.round(run.pssMbMean),
      Math.round(run.pssMbPeak),
      run.result?.settled.filter((s) => s.outcome === "ok").length,
    );
  }
