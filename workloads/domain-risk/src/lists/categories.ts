export interface Category {
  /** As people read it. */
  readonly title: string;
  /** On the command line. */
  readonly name: "food" | "cosmetics" | "conglomerates";
  /** The list below LISTS_DIR. */
  readonly file: string;
  /** What its output files begin with. */
  readonly output: string;
}

export const CATEGORIES: readonly Category[] = [
  { title: "Food & Delivery", name: "food", file: "food.txt", output: "food_delivery" },
  { title: "Cosmetics & Beauty", name: "cosmetics", file: "cosmetics.txt", output: "cosmetics_beauty" },
  { title: "Conglomerates", name: "conglomerates", file: "conglomerates.txt", output: "conglomerates" },
];

/** Takes any of its names, in any case. */
export function findCategory(written: string): Category | null {
  const wanted = written.trim().toLowerCase();
  return CATEGORIES.find(({ title, name, output }) => [title.toLowerCase(), name, output].includes(wanted)) ?? null;
}
