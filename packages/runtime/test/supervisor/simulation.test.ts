// A worker of attempts in hundreds of hostile orders. A failure prints the seed and the smallest world that still fails; `SIMULATION_SEED` and `SIMULATION_RUNS` try others (`npm run soak` does).
import { test } from "node:test";
import fc from "fast-check";
import { openYard } from "../../src/supervisor/index.ts";
import { Simulation, withOwnTime } from "./simulation/simulation.ts";
import { FOUND, world } from "./simulation/worlds.ts";

const SEED = Number(process.env["SIMULATION_SEED"] ?? 20260);
const RUNS = Number(process.env["SIMULATION_RUNS"] ?? 300);

test(`a worker of attempts in ${RUNS} hostile orders, seed ${SEED}`, async () => {
  const yard = await openYard({ tier: "scan", nice: 0 });
  await fc.assert(
    fc.asyncProperty(world, async (drawn) => {
      const simulation = new Simulation(drawn, yard);
      await withOwnTime(simulation, async () => {
        for (const action of drawn.actions) await simulation.do(action);
        await simulation.finish();
        simulation.check();
      });
    }),
    { seed: SEED, numRuns: RUNS, examples: FOUND.map((found) => [found]) },
  );
});
