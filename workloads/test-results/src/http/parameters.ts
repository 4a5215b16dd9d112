import * as z from "zod";
import { BEHAVIOURS } from "../trends/classify.ts";
import type { TestFilter } from "../query/tests.ts";

/** Repeated or comma-separated: `statuses=FAILED,SKIPPED`. */
function listOf<Item extends z.ZodType>(item: Item): z.ZodType<z.output<Item>[]> {
  return z.preprocess((written) => (Array.isArray(written) ? written : []).flatMap((each) => String(each).split(",")).filter((each) => each !== ""), z.array(item));
}

const status = z.preprocess((written) => String(written).toUpperCase(), z.enum(["PASSED", "FAILED", "SKIPPED"]));
const one = z.preprocess((written) => (Array.isArray(written) ? written[0] : written), z.string().nullable().default(null));
const number = (min: number, max: number, fallback: number): z.ZodType<number> =>
  z.preprocess((written) => (Array.isArray(written) ? written[0] : written), z.coerce.number().int().min(min).max(max).default(fallback));

const pageFields = { skip: number(0, 10_000_000, 0), limit: number(1, 1000, 100) };

const filterFields = {
  statuses: listOf(status),
  priorities: listOf(z.string()),
  topology: one,
  testcase_module: one,
  search: one,
};

export const page = z.object(pageFields);
export const testQuery = z.object({ ...filterFields, ...pageFields });
export const trendQuery = z.object({ ...filterFields, ...pageFields, behaviours: listOf(z.enum(BEHAVIOURS)) });

export function toTestFilter(query: z.output<typeof testQuery>): TestFilter {
  const { statuses, priorities, topology, search, skip, limit } = query;
  return { statuses, priorities, topology, testcaseModule: query.testcase_module, search, skip, limit };
}

export const downloadBody = z.object({ release: z.string().min(1).max(200).nullish(), job_url: z.url(), skip_existing: z.boolean().default(true) });
export const selectedBody = z.object({ ...downloadBody.shape, modules: z.array(z.string().min(1)).min(1) });
export const toggleBody = z.object({ enabled: z.boolean().optional() });
