import { atLeastOne, type InputOptions } from "../input/index.ts";
import type { BigNumbers, DuplicateKeys } from "./value.ts";

export interface JsonLimits {
  /** Arrays and objects inside each other, from the document's root on. Default 128, at most 4096. */
  readonly depthMax: number;
  /** Bytes of one visited element. At least 64, default 16 MiB. */
  readonly elementBytesMax: number;
  /** Bytes of everything that is not visited, taken together: it is held until the end. Default 16 MiB. */
  readonly outlineBytesMax: number;
}

export const DEFAULT_JSON_LIMITS: JsonLimits = { depthMax: 128, elementBytesMax: 16 * 1024 * 1024, outlineBytesMax: 16 * 1024 * 1024 };

export interface JsonOptions extends InputOptions, Partial<JsonLimits> {
  /**
   * What becomes of integers beyond ±(2^53 - 1) and of numbers that no double can hold (1e400). Default `string`: their digits as written.
   * `bigint`: a bigint (those with an exponent: text). `number`: what JSON.parse makes of them. `error`: `inexact_number`. Fractions are doubles, as everywhere.
   */
  readonly bigNumbers?: BigNumbers;
  /** Default `refuse`, in elements and around them. `last`: as JSON.parse does, a little faster; what is visited may not occur twice all the same. */
  readonly duplicateKeys?: DuplicateKeys;
}

export interface ResolvedJsonOptions extends JsonLimits {
  readonly bigNumbers: BigNumbers;
  readonly duplicateKeys: DuplicateKeys;
}

/** @throws RangeError */
export function resolveJsonOptions(options: JsonOptions): ResolvedJsonOptions {
  const limits = { ...DEFAULT_JSON_LIMITS, ...options };
  if (!(limits.depthMax <= 4096)) throw new RangeError(`depthMax: ${limits.depthMax} is above 4096`);
  if (!(limits.elementBytesMax >= 64)) throw new RangeError(`elementBytesMax: ${limits.elementBytesMax} is below 64`);
  return {
    depthMax: atLeastOne("depthMax", limits.depthMax),
    elementBytesMax: limits.elementBytesMax,
    outlineBytesMax: atLeastOne("outlineBytesMax", limits.outlineBytesMax),
    bigNumbers: options.bigNumbers ?? "string",
    duplicateKeys: options.duplicateKeys ?? "refuse",
  };
}
