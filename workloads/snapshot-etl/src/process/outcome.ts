import * as z from "zod";

/** What a process job returns: the runtime keeps it, the service counts it. */
export const processOutcome = z.discriminatedUnion("outcome", [
  z.object({
    outcome: z.enum(["success", "partial", "failed"]),
    snapshot_id: z.number(),
    attempt: z.number(),
    upserts: z.record(z.string(), z.number()),
    /** Rows of each transaction to how often there was one of that size. */
    batches: z.record(z.string(), z.number()),
    errors: z.number(),
    omitted: z.number(),
    seconds: z.number(),
  }),
  z.object({ outcome: z.literal("skipped"), snapshot_id: z.number(), reason: z.enum(["claimed", "gone", "quarantined", "old"]) }),
]);

export type ProcessOutcome = z.output<typeof processOutcome>;

/** Payload of a process job: never the profile itself. */
export const processInput = z.object({ snapshot_id: z.number().int().positive(), correlation_id: z.string().optional(), enqueue_ts: z.string() });
export type ProcessInput = z.output<typeof processInput>;
