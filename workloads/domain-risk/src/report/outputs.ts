// The files that a run leaves behind.
import { join } from "node:path";
import * as z from "zod";
import { readIfThere } from "../files/read-if-there.ts";
import { writeWhole } from "../files/write-whole.ts";
import { CATEGORIES, type Category } from "../lists/categories.ts";
import { NO_RECOMMENDATIONS, recommendationsFile, type Recommendations } from "../lists/recommendations.ts";
import { domainRecord, type DomainRecord } from "../record.ts";
import { figuresOf, type CategoryFigures } from "./classes.ts";
import { renderHtml } from "./html.ts";
import { renderMarkdown } from "./markdown.ts";

export interface CategoryRecords {
  readonly category: Category;
  /** In list order. */
  readonly records: readonly DomainRecord[];
}

/** A file of ours that is not what it should be. */
export class OutputError extends Error {
  override readonly name = "OutputError";
}

export async function writeData(directory: string, { category, records }: CategoryRecords): Promise<void> {
  await writeWhole(join(directory, `${category.output}_data.json`), `${JSON.stringify(records, null, 2)}\n`);
}

export async function writeReports(directory: string, { category, records }: CategoryRecords, now: Date): Promise<void> {
  await writeWhole(join(directory, `${category.output}_analysis.md`), renderMarkdown(category.title, records));
  await writeWhole(join(directory, `${category.output}.html`), await renderHtml(category.title, records, now.toISOString()));
}

/** Of the categories that have a data file; others are left out. @throws OutputError */
export async function readData(directory: string): Promise<CategoryRecords[]> {
  const found: CategoryRecords[] = [];
  for (const category of CATEGORIES) {
    const path = join(directory, `${category.output}_data.json`);
    const text = await readIfThere(path);
    if (text !== null) found.push({ category, records: decode(path, text, z.array(domainRecord)) });
  }
  return found;
}

/** @throws OutputError for a file that cannot be read: what is in it is not lost by writing over it */
export async function readRecommendations(directory: string): Promise<Recommendations> {
  const path = recommendationsPath(directory);
  const text = await readIfThere(path);
  return text === null ? NO_RECOMMENDATIONS : decode(path, text, recommendationsFile);
}

export async function writeRecommendations(directory: string, recommendations: Recommendations): Promise<void> {
  await writeWhole(recommendationsPath(directory), `${JSON.stringify(recommendations, null, 2)}\n`);
}

function recommendationsPath(directory: string): string {
  return join(directory, "recommendations.json");
}

export interface Summary extends Omit<CategoryFigures, "medium_risk_count" | "low_risk_count"> {
  readonly categories: Readonly<Record<string, CategoryFigures>>;
  readonly blocklists: Readonly<Record<string, { readonly entries: number; readonly domains: number }>>;
  readonly generated_at: string;
}

export function summarize(
  all: readonly CategoryRecords[],
  lists: ReadonlyMap<string, { readonly entries: readonly string[]; readonly domains: readonly string[] }>,
  now: Date,
): Summary {
  const { total_domains, accessible_count, avg_risk_score, access_rate, high_risk_count } = figuresOf(all.flatMap(({ records }) => records));
  return {
    total_domains,
    accessible_count,
    avg_risk_score,
    access_rate,
    high_risk_count,
    categories: Object.fromEntries(all.map(({ category, records }) => [category.title, figuresOf(records)])),
    blocklists: Object.fromEntries([...lists].map(([file, { entries, domains }]) => [file, { entries: entries.length, domains: domains.length }])),
    generated_at: now.toISOString(),
  };
}

export async function writeSummary(directory: string, summary: Summary): Promise<void> {
  await writeWhole(join(directory, "summary.json"), `${JSON.stringify(summary, null, 2)}\n`);
}

function decode<Value>(path: string, text: string, shape: z.ZodType<Value>): Value {
  try {
    return shape.parse(JSON.parse(text));
  } catch (error) {
    throw new OutputError(`${path} cannot be read: ${error instanceof z.ZodError ? z.prettifyError(error).split("\n").slice(0, 4).join("; ") : String(error)}`);
  }
}
