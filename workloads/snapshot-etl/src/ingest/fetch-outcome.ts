import * as z from "zod";

/** What a fetch leaves: the snapshot is stored and on the list of work; the service takes it from there. */
export const fetchOutcome = z.object({ status: z.number(), snapshot_id: z.number() });
export type FetchOutcome = z.output<typeof fetchOutcome>;
