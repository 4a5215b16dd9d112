// What the job is given and gives back. Apart from its body, so that learning the type loads nothing that only running it needs.
import * as z from "zod";

export const JOB_TYPE = "domain-risk.analyse";
export const LANE = "domains";

export const analyseInput = z.object({
  domain: z.string().min(1),
  /** Of its home page. */
  address: z.string().min(1),
  /** false: the browser at once. */
  plainRequest: z.boolean(),
});
export type AnalyseInput = Readonly<z.infer<typeof analyseInput>>;

const counts = z.record(z.string(), z.number());

/** What was found out about one domain; the service makes its record of it. */
export const finding = z.object({
  accessible: z.boolean(),
  method: z.enum(["http", "browser"]).optional(),
  error: z.string().optional(),
  fallback_reason: z.string().optional(),
  health_hazards: counts,
  behavioral_hazards: counts,
  marketing_tactics: counts,
  promoted_products: z.array(z.string()),
  related_domains: z.array(z.string()),
  seo_metadata: z.string(),
  response_time_seconds: z.number(),
  budget_exceeded: z.boolean(),
  /** It failed of our machine: that says nothing of the domain. */
  of_machine: z.boolean().optional(),
});
export type Finding = Readonly<z.infer<typeof finding>>;

/** The note of every progress: small JSON, so that whoever watches knows how far it is, also when the worker is ended before it can say more. */
export const workNote = z.object({
  stage: z.enum(["http", "browser"]),
  fallback_reason: z.string().nullable(),
  browsers: z.number(),
  contexts: z.number(),
  launches: z.number(),
  /** Browsers that had to be killed, and those that died by themselves. */
  killed: z.number(),
  died: z.number(),
});
export type WorkNote = Readonly<z.infer<typeof workNote>>;
