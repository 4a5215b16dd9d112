import { randomFillSync } from "node:crypto";
import { makeId, type IdKind } from "../model/index.ts";

/** The only way to chance. Tests bring a seeded one. */
export interface Chance {
  /** 0 <= x < 1 */
  fraction(): number;
  bytes(count: number): Uint8Array;
}

const pool = new Uint8Array(8192);
let used = pool.length;

export const systemChance: Chance = {
  fraction: () => Math.random(),
  bytes(count) {
    if (used + count > pool.length) {
      randomFillSync(pool);
      used = 0;
    }
    used += count;
    return pool.subarray(used - count, used);
  },
};

export function newId(kind: IdKind, nowMs: number, chance: Chance): string {
  return makeId(kind, nowMs, chance.bytes(10));
}
