import { mkdir } from "node:fs/promises";
import { updateRecommendations, writeAllReports } from "../report/publish.ts";
import { writeData, writeReports, type CategoryRecords } from "../report/outputs.ts";
import { scoreRecords } from "../score/score-records.ts";
import type { CategoryList } from "../lists/read-lists.ts";
import type { DomainRecord } from "../record.ts";
import type { Desk } from "./run-domain.ts";

/** What this run and the cache know, and what earlier runs have written. */
type Known = Pick<Desk, "cache" | "written">;

/** What is known of a list, in its order, with the scores of both passes. What was written stays where nothing newer is known, be the run a narrow one, one without cache or one after that. */
export function recordsOf(list: CategoryList, { cache, written }: Known): CategoryRecords {
  const before = new Map(written.find(({ category }) => category === list.category)?.records.map((record) => [record.domain, record]));
  const records = list.domains.flatMap((domain) => newerOf(cache.get(domain), before.get(domain) ?? null) ?? []);
  return { category: list.category, records: scoreRecords(records) };
}

/** A run without cache has written what the cache does not know. */
function newerOf(cached: DomainRecord | null, written: DomainRecord | null): DomainRecord | null {
  if (cached === null || written === null) return cached ?? written;
  return analysedAtMs(written) > analysedAtMs(cached) ? written : cached;
}

function analysedAtMs({ analyzed_at }: DomainRecord): number {
  return analyzed_at === null ? Number.NEGATIVE_INFINITY : Date.parse(analyzed_at);
}

/** Data and reports as far as they are: whoever looks during a long run sees what is there. */
export async function writeSoFar(directory: string, list: CategoryList, known: Known): Promise<void> {
  const soFar = recordsOf(list, known);
  await mkdir(directory, { recursive: true });
  await writeData(directory, soFar);
  await writeReports(directory, soFar, new Date());
}

/** Everything that a run leaves behind. @param lists all lists, also those that were not analysed */
export async function writeOutputs(
  directory: string,
  { analysed, lists, known }: { readonly analysed: readonly CategoryList[]; readonly lists: readonly CategoryList[]; readonly known: Known },
): Promise<CategoryRecords[]> {
  const all = analysed.map((list) => recordsOf(list, known));
  await mkdir(directory, { recursive: true });
  for (const one of all) await writeData(directory, one);
  await updateRecommendations(directory, all, lists);
  const others = known.written.filter(({ category }) => all.every((one) => one.category !== category));
  await writeAllReports(directory, all, { lists, others });
  return all;
}
