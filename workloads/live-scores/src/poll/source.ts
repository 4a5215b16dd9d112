import type { Names } from "../decode/names.ts";

/** Where a match is read from. Every call is bounded, and rejects with a SourceError. */
export interface Source {
  /** The live JSON, parsed. @throws SourceError `gone` when the match is no more. */
  live(): Promise<Readonly<Record<string, unknown>>>;
  scorecard(): Promise<readonly unknown[]>;
  /** HTML of the match's page. */
  page(): Promise<string>;
  info(): Promise<string>;
  names(): Promise<Names>;
  close(): Promise<void>;
}

export interface SourceOptions {
  readonly matchKey: string;
  /** Path of the match's page. */
  readonly path: string;
  readonly signal: AbortSignal;
  readonly onRetry: (operation: "renew_headers") => void;
}
