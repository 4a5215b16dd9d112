export interface RetireRules {
  /** Pages after which a browser is replaced. Default 200. */
  readonly pagesMax: number;
  /** Milliseconds after its start. Default 30 minutes. */
  readonly ageMsMax: number;
  /** Proportional memory (PSS) of all its processes, looked at when a context was closed, at most once a second. Default: no limit. */
  readonly pssBytesMax: number;
}

export interface BrowserUse {
  readonly pages: number;
  readonly ageMs: number;
  /** The last look; 0 before it. */
  readonly pssBytes: number;
}

/** Why a browser should be replaced by a fresh one; null: it may go on. */
export function retireReason(use: BrowserUse, rules: RetireRules): string | null {
  if (use.pages >= rules.pagesMax) return `it has had ${use.pages} pages`;
  if (use.ageMs >= rules.ageMsMax) return `it is ${Math.round(use.ageMs / 1000)} s old`;
  if (use.pssBytes > rules.pssBytesMax) return `it uses ${Math.round(use.pssBytes / 1e6)} MB`;
  return null;
}
