import { z } from "@hono/zod-openapi";
import { JOB_STATES } from "../model/index.ts";

// The JSON shapes of what was learned of job types, and of fault injection.

const time = z.iso.datetime();
const count = z.number().int().nonnegative();

export const BUDGET_ADVICE = z
  .strictObject({
    type: z.string(),
    budget_bytes: count.nullable(),
    observations: count,
    p50_bytes: count.nullable(),
    p95_bytes: count.nullable(),
    max_bytes: count.nullable(),
    memory_deaths: count,
    suggested_bytes: count.nullable(),
    advice: z.enum(["unknown", "set", "raise", "keep", "lower"]),
    peak_bytes_per_input_byte: z.strictObject({ slope: z.number(), error: z.number() }).nullable(),
    classes: z.array(z.strictObject({ input_bytes_max: count.nullable(), observations: count, p50_bytes: count.nullable(), p95_bytes: count.nullable(), max_bytes: count })),
  })
  .openapi("BudgetAdvice");

export const CHAOS = z
  .strictObject({
    state: z.enum(["idle", "running", "stopped"]),
    rate: z.number(),
    started_at: time.nullable(),
    ends_at: time.nullable(),
    injected: z.strictObject({ kill: count, stop: count, fill: count, flood: count, block: count }),
    jobs: count,
    states: z.partialRecord(z.enum(JOB_STATES), count),
    lost: count,
  })
  .openapi("Chaos");

export const LEAKS = z
  .strictObject({
    type: z.string(),
    attempts: count,
    processes: count,
    temp_directories: count,
    looked: count,
    scratch_bytes: count,
    handles: count,
    heap: z.strictObject({ bytes_per_attempt: z.number(), error_bytes: z.number(), verdict: z.enum(["grows", "steady"]) }).nullable(),
  })
  .openapi("Leaks");
