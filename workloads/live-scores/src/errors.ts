/** Why something of a match could not be had, in one word: the label of `scraper_errors_total`. */
export const ERROR_TYPES = ["timeout", "network", "forbidden", "gone", "status", "too_large", "malformed", "rejected", "dom_changed", "browser", "handover", "other"] as const;
export type ErrorType = (typeof ERROR_TYPES)[number];

export class SourceError extends Error {
  override readonly name = "SourceError";
  readonly type: ErrorType;

  constructor(type: ErrorType, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.type = type;
  }
}

export function errorTypeOf(error: unknown): ErrorType {
  if (error instanceof SourceError) return error.type;
  if (error instanceof Error && (error.name === "TimeoutError" || error.name === "StageTimeout")) return "timeout";
  return "other";
}
