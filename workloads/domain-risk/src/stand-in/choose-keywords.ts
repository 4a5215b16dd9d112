// Which keywords a page must show, one per line, so that it is counted as a record says.
import { GROUPS, KEYWORDS, type HazardTables } from "../score/keywords.ts";

/** "group sub-category" of each table's row. */
type Row = string;

/** Keyword → the rows that it counts in. */
const ROWS_OF = new Map<string, Row[]>();
for (const group of GROUPS) {
  for (const { name, keywords } of KEYWORDS[group]) {
    for (const keyword of keywords) ROWS_OF.set(keyword, [...(ROWS_OF.get(keyword) ?? []), `${group} ${name}`]);
  }
}

/** A keyword brings along every keyword that it contains: `free delivery fee` also shows `free delivery` and `delivery`. */
const BRINGS = new Map([...ROWS_OF.keys()].map((keyword) => [keyword, [...ROWS_OF.keys()].filter((other) => keyword.includes(other))]));

/** null when no choice gives these counts. */
export function chooseKeywords(tables: HazardTables): string[] | null {
  const missing = new Map<Row, number>();
  for (const group of GROUPS) {
    for (const [name, count] of Object.entries(tables[group])) missing.set(`${group} ${name}`, count);
  }
  return choose(missing, new Set(), []);
}

/** Fills one row after the other, with what has the fewest side effects first; goes back where that leads nowhere. */
function choose(missing: ReadonlyMap<Row, number>, shown: ReadonlySet<string>, chosen: readonly string[]): string[] | null {
  const row = [...missing].find(([, count]) => count > 0)?.[0];
  if (row === undefined) return [...chosen];
  const tries = [...ROWS_OF.keys()]
    .filter((keyword) => !shown.has(keyword) && (BRINGS.get(keyword) ?? []).some((brought) => !shown.has(brought) && ROWS_OF.get(brought)?.includes(row)))
    .map((keyword) => ({ keyword, effect: effectOf(keyword, shown) }))
    .filter(({ effect }) => [...effect].every(([each, count]) => count <= (missing.get(each) ?? 0)))
    .sort((a, b) => sumOf(a.effect) - sumOf(b.effect));
  for (const { keyword, effect } of tries) {
    const left = new Map(missing);
    for (const [each, count] of effect) left.set(each, (left.get(each) ?? 0) - count);
    const found = choose(left, new Set([...shown, ...(BRINGS.get(keyword) ?? [])]), [...chosen, keyword]);
    if (found !== null) return found;
  }
  return null;
}

function effectOf(keyword: string, shown: ReadonlySet<string>): Map<Row, number> {
  const effect = new Map<Row, number>();
  for (const brought of BRINGS.get(keyword) ?? []) {
    if (shown.has(brought)) continue;
    for (const row of ROWS_OF.get(brought) ?? []) effect.set(row, (effect.get(row) ?? 0) + 1);
  }
  return effect;
}

function sumOf(effect: ReadonlyMap<Row, number>): number {
  return [...effect.values()].reduce((sum, count) => sum + count, 0);
}
