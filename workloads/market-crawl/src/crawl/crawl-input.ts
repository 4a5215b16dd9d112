import * as z from "zod";

/** null: the schedule asks, and there is no run yet. */
export const crawlInput = z.object({ runId: z.string().nullable() });
export type CrawlInput = z.infer<typeof crawlInput>;

/** `joined`: another run was active when the schedule asked. `not-wanted`: the run had an end before it began. */
export const crawlOutcome = z.object({ outcome: z.enum(["crawled", "joined", "not-wanted"]), runId: z.string().nullable() });
export type CrawlOutcome = z.infer<typeof crawlOutcome>;
