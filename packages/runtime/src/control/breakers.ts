import { CofferdamError, suggestName, type BreakerRecord } from "../model/index.ts";
import type { ControlDeps } from "./deps.ts";
import type { Control } from "./ports.ts";

export function createBreakerActions({ breakers }: ControlDeps): Pick<Control, "breakers" | "breaker" | "tripBreaker" | "resetBreaker"> {
  function find(key: string): BreakerRecord {
    const record = breakers.find(key);
    if (record !== null) return record;
    const known = breakers.list().map((one) => one.key);
    throw new CofferdamError("breaker_not_found", `nothing is remembered of a breaker ${JSON.stringify(key)}${suggestName(key, known)}`, {
      hint: "cofferdam breakers lists them; one that is not listed is closed.",
    });
  }

  return {
    breakers: () => breakers.list(),
    breaker: find,
    async tripBreaker(key, { by, evidence, forMs }) {
      await breakers.ask(key, by, { kind: "trip", evidence, forMs });
      return find(key);
    },
    async resetBreaker(key, by) {
      if (!(await breakers.reset(key, by))) find(key);
    },
  };
}
