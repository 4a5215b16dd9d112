import * as z from "zod";

// What the job types are given. Apart from their bodies, so that learning a type loads nothing that only running it needs.

export const pollInput = z.object({ jobUrl: z.url(), lastProcessed: z.array(z.number().int()), limit: z.number().int().positive() });
export type PollInput = z.infer<typeof pollInput>;

export const discoverInput = z.object({ jobUrl: z.url(), release: z.string().nullable(), keys: z.array(z.string()).nullable() });
export type DiscoverInput = z.infer<typeof discoverInput>;

export const downloadInput = z.object({
  release: z.string(),
  module: z.string(),
  job: z.string(),
  url: z.url(),
  home: z.string(),
  artifacts: z.array(z.object({ relativePath: z.string(), target: z.string() })),
});
export type DownloadInput = z.infer<typeof downloadInput>;

export const measureInput = z.object({ directory: z.string(), files: z.array(z.string()) });
export type MeasureInput = z.infer<typeof measureInput>;
