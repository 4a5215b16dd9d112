import * as z from "zod";

/** Jenkins' answers, as far as they are asked for; everything else in them is ignored. */
export const buildList = z.object({ builds: z.array(z.object({ number: z.number().int() })).default([]) });

export const build = z.object({
  displayName: z.string().nullish(),
  url: z.string().nullish(),
  number: z.number().int(),
  /** null while it runs. */
  result: z.string().nullish(),
  timestamp: z.number(),
  actions: z
    .array(
      z
        .object({ parameters: z.array(z.object({ name: z.string(), value: z.unknown() })).nullish() })
        .partial()
        .nullable(),
    )
    .nullish(),
  artifacts: z.array(z.object({ relativePath: z.string(), fileName: z.string().nullish() })).nullish(),
});

export type Build = z.infer<typeof build>;

export const buildMap = z.record(z.string().min(1).max(200), z.number().int().positive());

export function environmentOf({ actions }: Build): "prod" | "staging" {
  const parameters = (actions ?? []).flatMap((action) => action?.parameters ?? []);
  const staging = parameters.some(({ name, value }) => name === "RUN_STAGING_TESTS_ONLY" && (value === true || String(value).toLowerCase() === "true"));
  return staging ? "staging" : "prod";
}

export function executedAtOf({ timestamp }: Build): string {
  return new Date(timestamp).toISOString();
}
