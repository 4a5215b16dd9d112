import type { z } from "@hono/zod-openapi";
import type { JobFilter } from "../store/ports.ts";
import type { FILTER } from "./schemas.ts";

/** The filter as callers write it, as the store takes it. */
export function toJobFilter(written: z.output<typeof FILTER>): JobFilter {
  const { state, lane, type, tag, cause, q, since, before } = written;
  return {
    ...(state === undefined ? {} : { states: state }),
    ...(lane === undefined ? {} : { lane }),
    ...(type === undefined ? {} : { type }),
    ...(tag === undefined ? {} : { tag }),
    ...(cause === undefined ? {} : { cause }),
    ...(q === undefined ? {} : { text: q }),
    ...(since === undefined ? {} : { createdSinceMs: since }),
    ...(before === undefined ? {} : { createdBeforeMs: before }),
  };
}
