/** Plain arithmetic on samples; nothing here knows what was measured. */

/** The value below which this share of the samples lies (nearest rank). */
export function quantile(samples: readonly number[], share: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  const rank = Math.min(sorted.length, Math.max(1, Math.ceil(share * sorted.length)));
  return sorted[rank - 1] ?? Number.NaN;
}

export function median(samples: readonly number[]): number {
  const sorted = [...samples].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
  readonly rounds: readonly number[];
}

/** The figures of one contender over all rounds. */
export function spreadOf(rounds: readonly number[]): Spread {
  return { median: round(median(rounds)), min: round(quantile(rounds, 0)), max: round(quantile(rounds, 1)), rounds: rounds.map(round) };
}

export interface Latencies {
  readonly count: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

export function latenciesOf(samplesMs: readonly number[]): Latencies {
  return { count: samplesMs.length, p50: round(quantile(samplesMs, 0.5)), p99: round(quantile(samplesMs, 0.99)), max: round(quantile(samplesMs, 1)) };
}

/** Round by round, since both were measured a moment apart: machine noise that lasts longer than a round cancels out. */
export function ratios(own: readonly number[], peer: readonly number[]): Spread {
  return spreadOf(own.flatMap((value, index) => (peer[index] === undefined ? [] : [value / peer[index]])));
}

/** Four significant digits: more would pretend to a precision that no run has. */
export function round(value: number): number {
  return Number.isFinite(value) ? Number(value.toPrecision(4)) : value;
}
