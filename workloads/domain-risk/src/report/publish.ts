import { CATEGORIES } from "../lists/categories.ts";
import { listedEntries, listsByFile, type CategoryList } from "../lists/read-lists.ts";
import { recommend } from "../lists/recommendations.ts";
import { readRecommendations, summarize, writeRecommendations, writeReports, writeSummary, type CategoryRecords } from "./outputs.ts";

/** @throws OutputError when the recommendations that are there cannot be read */
export async function updateRecommendations(directory: string, all: readonly CategoryRecords[], lists: readonly CategoryList[]): Promise<void> {
  const known = await readRecommendations(directory);
  const analysed = all.map(({ category, records }) => ({ category: category.title, records }));
  await writeRecommendations(directory, recommend(known, analysed, { listed: listedEntries(lists), now: new Date().toISOString() }));
}

interface Around {
  readonly lists: readonly CategoryList[];
  /** Categories whose reports stay as they are; they belong to the summary as well. */
  readonly others: readonly CategoryRecords[];
}

export async function writeAllReports(directory: string, all: readonly CategoryRecords[], { lists, others }: Around): Promise<void> {
  const now = new Date();
  for (const one of all) await writeReports(directory, one, now);
  const everything = [...all, ...others].toSorted((a, b) => CATEGORIES.indexOf(a.category) - CATEGORIES.indexOf(b.category));
  await writeSummary(directory, summarize(everything, listsByFile(lists), now));
}
