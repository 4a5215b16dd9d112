import * as z from "zod";

/** What to import and what it belongs to. Everything that the job modules are given, as JSON. */
export const importRequest = z.object({
  release: z.string().min(1).max(200),
  module: z.string().min(1).max(200),
  job: z.string().min(1).max(200),
  /** Where the artifacts are. */
  directory: z.string().min(1),
  /** Only these files of the directory; all when empty. */
  files: z.array(z.string()).default([]),
  mode: z.enum(["auto", "junit-only"]).default("auto"),
  /** Instead of what the directories say. */
  topology: z.string().nullable().default(null),
  parentJobId: z.string().nullable().default(null),
  jenkinsUrl: z.string().nullable().default(null),
  version: z.string().nullable().default(null),
  executedAt: z.string().nullable().default(null),
  environment: z.enum(["prod", "staging"]).default("prod"),
  listingDigest: z.string().nullable().default(null),
  downloadedAt: z.string().nullable().default(null),
  /** Import again although nothing has changed. */
  force: z.boolean().default(false),
  /** Whether the files go when the run that asked for it has ended and all of them are stored. */
  cleanup: z.boolean().default(false),
});

export type ImportRequest = z.infer<typeof importRequest>;
export type ImportRequestInput = z.input<typeof importRequest>;

export const STEPS = ["download", "parse-order", "parse-junit", "merge", "write", "done"] as const;
export type Step = (typeof STEPS)[number];

/** Where an import stands; said at every step and between batches. */
export interface ImportProgress {
  readonly step: Step;
  readonly file: string;
  readonly parsed: number;
  readonly written: number;
  readonly bytes: number;
}

export type ImportState = "pending" | "importing" | "complete" | "partial" | "empty" | "quarantined" | "failed";

/** Counted from the cases. */
export interface Statistics {
  readonly total: number;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly passRate: number;
}

export interface ImportOutcome extends Statistics {
  readonly jobKey: number;
  readonly outcome: "imported" | "skipped";
  readonly state: ImportState;
  readonly parsed: number;
  readonly stepSeconds: Readonly<Partial<Record<Step, number>>>;
  readonly unmatchedJunit: number;
  readonly ignoredLines: number;
  readonly problems: readonly string[];
}
