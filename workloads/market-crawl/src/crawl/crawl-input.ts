import * as z from "zod";

/** null: the schedule asks, and there is no run yet. */
export const crawlInput = z.object({ runId: z.string().nullable() });
export type CrawlInput = z.infer<typeof crawlInput>;

export type CrawlOutcome = { readonly outcome: "crawled" | "joined" | "not-wanted"; readonly runId: string | null };
