/** `dense`: markup and short messages only. `mixed`: also megabytes of system-out here and there, as test runs write them. */
export type ReportStyle = "dense" | "mixed";

export interface ReportOptions {
  /** Test cases in the report. Default: as many as the bytes allow, or 1,000 when these are not given either. */
  readonly cases?: number;
  /**
   * About how long the report is. With `cases` as well, a mixed report is filled up to this length with system-out; a dense one is as long as its cases are.
   */
  readonly bytes?: number;
  /** Default `mixed`. */
  readonly style?: ReportStyle;
  /** The same seed gives the same bytes. Default 1. */
  readonly seed?: number;
  /** Test suites. Default: one for every 500 cases. */
  readonly suites?: number;
  /** Share of failed cases, 0 to 1; a third of them are errors. Default 0.02. As many are skipped. */
  readonly failureRate?: number;
}

export interface ResolvedReportOptions {
  readonly casesMax: number;
  readonly bytesTarget: number;
  /** Both were asked for: system-out is spread so that both come true. */
  readonly fillsUp: boolean;
  readonly style: ReportStyle;
  readonly seed: number;
  readonly casesPerSuite: number;
  readonly failureRate: number;
}

const CASES_PER_SUITE = 500;

/** @throws RangeError */
export function resolveReportOptions({ cases, bytes, style = "mixed", seed = 1, suites, failureRate = 0.02 }: ReportOptions): ResolvedReportOptions {
  const casesMax = cases ?? (bytes === undefined ? 1000 : Number.POSITIVE_INFINITY);
  assertCount("cases", casesMax, 0);
  assertCount("bytes", bytes ?? 1, 1);
  assertCount("suites", suites ?? 1, 1);
  if (suites !== undefined && cases === undefined) throw new RangeError("suites: a number of suites needs a number of cases");
  if (!Number.isInteger(seed)) throw new RangeError(`seed: ${seed} is not an integer`);
  if (!(failureRate >= 0 && failureRate <= 0.5)) throw new RangeError(`failureRate: ${failureRate} is not between 0 and 0.5`);
  return {
    casesMax,
    bytesTarget: bytes ?? Number.POSITIVE_INFINITY,
    fillsUp: cases !== undefined && bytes !== undefined,
    style,
    seed,
    casesPerSuite: suites === undefined ? CASES_PER_SUITE : Math.max(1, Math.ceil(casesMax / suites)),
    failureRate,
  };
}

function assertCount(name: string, value: number, least: number): void {
  if (!(value >= least)) throw new RangeError(`${name}: ${value} is not a number of at least ${least}`);
}

const UNITS: Readonly<Record<string, number>> = { "": 1, B: 1, KB: 1024, MB: 1024 ** 2, GB: 1024 ** 3, KIB: 1024, MIB: 1024 ** 2, GIB: 1024 ** 3 };

/** "500MB" as in Cofferdam's budgets: 1 MB is 1,048,576 bytes. @throws RangeError */
export function parseSize(written: string): number {
  const parts = /^(\d+(?:\.\d+)?)\s*([A-Za-z]*)$/.exec(written.trim());
  const unit = UNITS[(parts?.[2] ?? "?").toUpperCase()];
  if (parts === null || unit === undefined) throw new RangeError(`${written} is no size, such as 500MB`);
  return Math.round(Number(parts[1]) * unit);
}
