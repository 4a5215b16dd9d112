import { mkdir } from "node:fs/promises";
import type { Cache } from "../cache/cache.ts";
import { updateRecommendations, writeAllReports } from "../report/publish.ts";
import { writeData, writeReports, type CategoryRecords } from "../report/outputs.ts";
import { scoreRecords } from "../score/score-records.ts";
import type { CategoryList } from "../lists/read-lists.ts";

/** What is known of a list, in its order, with the scores of both passes. */
export function recordsOf(list: CategoryList, cache: Cache): CategoryRecords {
  const records = list.domains.flatMap((domain) => cache.get(domain) ?? []);
  return { category: list.category, records: scoreRecords(records) };
}

/** Data and reports as far as they are: whoever looks during a long run sees what is there. */
export async function writeSoFar(directory: string, list: CategoryList, cache: Cache): Promise<void> {
  const soFar = recordsOf(list, cache);
  await mkdir(directory, { recursive: true });
  await writeData(directory, soFar);
  await writeReports(directory, soFar, new Date());
}

/** Everything that a run leaves behind. @param lists all lists, also those that were not analysed */
export async function writeOutputs(
  directory: string,
  { analysed, lists, cache }: { readonly analysed: readonly CategoryList[]; readonly lists: readonly CategoryList[]; readonly cache: Cache },
): Promise<CategoryRecords[]> {
  const all = analysed.map((list) => recordsOf(list, cache));
  await mkdir(directory, { recursive: true });
  for (const one of all) await writeData(directory, one);
  await updateRecommendations(directory, all, lists);
  await writeAllReports(directory, all, lists);
  return all;
}
