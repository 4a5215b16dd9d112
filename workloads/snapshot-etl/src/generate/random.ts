const STEP = 0x6d2b79f5;

/** The generator's numbers. Every draw moves the state by one fixed step, so any draw can be reached without the ones before it. */
export interface Random {
  /** The next draw modulo `below`; 0 for 0. */
  draw(below: number): number;
  /** The same sequence, `draws` further on. */
  ahead(draws: number): Random;
}

/** @param seed n of the generator's description, unsigned 32 bit */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  return {
    draw(below) {
      state = (state + STEP) >>> 0;
      return below === 0 ? 0 : mix(state) % below;
    },
    ahead: (draws) => createRandom((state + Math.imul(STEP, draws)) >>> 0),
  };
}

function mix(state: number): number {
  const first = Math.imul(state ^ (state >>> 15), state | 1);
  const second = first ^ (first + Math.imul(first ^ (first >>> 7), first | 61));
  return (second ^ (second >>> 14)) >>> 0;
}
