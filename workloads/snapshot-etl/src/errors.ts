/** Why a row or a snapshot could not be taken in. */
export const ERROR_TYPES = ["PARSE_ERROR", "DB_ERROR", "FK_VIOLATION", "OOM", "TIMEOUT", "CRASH"] as const;
export type ErrorType = (typeof ERROR_TYPES)[number];

export function isErrorType(text: string): text is ErrorType {
  return (ERROR_TYPES as readonly string[]).includes(text);
}

/** What a worker throws: its code becomes the verdict's, by which the service decides what comes next. Messages never quote a profile. */
export class EtlError extends Error {
  override readonly name = "EtlError";
  readonly code: ErrorType;
  /** Another attempt at the same bytes cannot end otherwise. */
  readonly permanent: boolean;
  /** The same, as the runtime reads it and keeps it with the verdict. */
  readonly retryable: boolean;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: ErrorType, message: string, options: { readonly permanent: boolean; readonly details?: Readonly<Record<string, unknown>>; readonly cause?: unknown }) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.permanent = options.permanent;
    this.retryable = !options.permanent;
    this.details = options.details ?? {};
  }
}

/** What a caller asked for that cannot be done; becomes an HTTP answer or an exit code. */
export const REFUSALS = {
  INVALID_PAYLOAD: 400,
  INVALID_REQUEST: 400,
  UNAUTHORIZED: 401,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  METHOD_NOT_ALLOWED: 405,
  UPLOAD_EXPIRED: 408,
  ALREADY_PROCESSING: 409,
  NOT_QUARANTINED: 409,
  WRONG_STATE: 409,
  PAYLOAD_TOO_LARGE: 413,
  RATE_LIMITED: 429,
  INTERNAL: 500,
  UPSTREAM_FAILED: 502,
  INGEST_PAUSED: 503,
  DATABASE_UNAVAILABLE: 503,
} as const;

export type RefusalCode = keyof typeof REFUSALS;

export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly code: RefusalCode;
  readonly details: Readonly<Record<string, unknown>>;
  readonly retryAfterSeconds: number | null;

  constructor(code: RefusalCode, message: string, options: { readonly details?: Readonly<Record<string, unknown>>; readonly retryAfterSeconds?: number } = {}) {
    super(message);
    this.code = code;
    this.details = options.details ?? {};
    this.retryAfterSeconds = options.retryAfterSeconds ?? null;
  }

  get status(): (typeof REFUSALS)[RefusalCode] {
    return REFUSALS[this.code];
  }
}

export { messageOf } from "workload-command-line";
