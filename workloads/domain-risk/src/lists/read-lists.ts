import { stat } from "node:fs/promises";
import { join } from "node:path";
import { SettingsError } from "workload-command-line";
import { readIfThere } from "../files/read-if-there.ts";
import { readBlockList, type BlockList } from "./block-list.ts";
import { CATEGORIES, type Category } from "./categories.ts";

export interface CategoryList extends BlockList {
  readonly category: Category;
}

export interface Lists {
  readonly found: readonly CategoryList[];
  readonly missing: readonly Category[];
}

/** @throws SettingsError when the directory is not there */
export async function readLists(directory: string): Promise<Lists> {
  const isDirectory = await stat(directory).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (!isDirectory) throw new SettingsError(`LISTS_DIR: ${directory} is not a directory`);
  const found: CategoryList[] = [];
  const missing: Category[] = [];
  for (const category of CATEGORIES) {
    const text = await readIfThere(join(directory, category.file));
    if (text === null) missing.push(category);
    else found.push({ category, ...readBlockList(text) });
  }
  return { found, missing };
}

/** By file name, for the summary. */
export function listsByFile(lists: readonly CategoryList[]): Map<string, BlockList> {
  return new Map(lists.map((list) => [list.category.file, list]));
}

/** Every line of every list. */
export function listedEntries(lists: readonly CategoryList[]): Set<string> {
  return new Set(lists.flatMap(({ entries }) => entries));
}
