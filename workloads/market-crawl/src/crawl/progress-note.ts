import * as z from "zod";
import { GEOCODE_RESULTS } from "../geocode/geocoder.ts";

/** What the worker says of itself with every step; short, because the runtime keeps 500 characters. */
export const progressNote = z.object({
  run: z.string(),
  source: z.string().nullable(),
  page: z.number(),
  processed: z.number(),
  saved: z.number(),
  failed: z.number(),
  geocode: z.record(z.enum(GEOCODE_RESULTS), z.number()),
});

export type ProgressNote = z.infer<typeof progressNote>;

export function readProgressNote(note: string | null): ProgressNote | null {
  if (note === null || !note.startsWith("{")) return null;
  try {
    return progressNote.safeParse(JSON.parse(note)).data ?? null;
  } catch {
    return null;
  }
}
