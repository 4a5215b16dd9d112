import * as z from "zod";
import { Refusal } from "../errors.ts";
import type { AppContext } from "./types.ts";

export const about = z.object({
  source: z.string().trim().min(1).max(100),
  namecode: z.string().min(1).max(200).nullish(),
  priority: z.enum(["interactive", "normal"]).default("normal"),
});

const time = z.union([z.iso.datetime({ offset: true }), z.iso.date()]).transform((text) => new Date(text).toISOString());

export const backfillBody = z
  .object({
    from: time,
    to: time,
    batch_size: z.number().int().min(1).max(10_000).default(100),
    concurrency: z.number().int().min(1).max(16).default(1),
    owner: z.string().min(1).max(100).default("operator"),
    canary: z.number().int().min(0).max(10_000).default(0),
    dry_run: z.boolean().default(false),
  })
  .refine(({ from, to }) => from < to, { message: "from must be before to", path: ["from"] });

export const fetchBody = z.object({ namecode: z.string().min(1).max(200) });
export const laneQuery = z.enum(["normal", "highmem"]).default("normal");
export const limitQuery = z.coerce.number().int().min(1).max(1000).default(100);
export const reasonBody = z.object({ reason: z.string().max(500).optional() }).default({});

/** @throws Refusal with what is wrong where */
export function parse<Schema extends z.ZodType>(schema: Schema, value: unknown, code: "INVALID_PAYLOAD" | "INVALID_REQUEST" = "INVALID_REQUEST"): z.output<Schema> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.map(({ path, message }) => ({ path: path.join("."), message }));
  throw new Refusal(code, issues.map(({ path, message }) => (path === "" ? message : `${path}: ${message}`)).join("; "), { details: { issues } });
}

export function snapshotId(context: AppContext): number {
  const id = Number(context.req.param("id"));
  if (!Number.isSafeInteger(id) || id < 1) throw new Refusal("NOT_FOUND", `there is no snapshot ${context.req.param("id")}`);
  return id;
}

/** A small JSON body; an empty one is `undefined`. @throws Refusal */
export async function readBody(context: AppContext): Promise<unknown> {
  const text = await context.req.text();
  if (text.trim() === "") return undefined;
  try {
    return JSON.parse(text);
  } catch {
    throw new Refusal("INVALID_REQUEST", "the body is not JSON");
  }
}
