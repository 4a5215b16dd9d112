import { isValid, turnOf, type Validity } from "../cache/validity.ts";
import type { CategoryList } from "../lists/read-lists.ts";
import type { DomainRecord } from "../record.ts";

export interface CategoryPlan {
  readonly list: CategoryList;
  /** What is asked for in this run, in the order in which it is taken. */
  readonly todo: readonly string[];
  /** What a valid record already answers. */
  readonly cached: readonly string[];
}

export interface PlanOptions extends Validity {
  /** Of each list its first so many; null: all. */
  readonly sampleSize: number | null;
  readonly force: boolean;
  readonly nowMs: number;
}

/** What each category has to do. A domain that stands in several lists is fetched for the first of them only. */
export function planRun(lists: readonly CategoryList[], known: (domain: string) => DomainRecord | null, options: PlanOptions): CategoryPlan[] {
  const taken = new Set<string>();
  return lists.map((list) => {
    const wanted = options.sampleSize === null ? list.domains : list.domains.slice(0, options.sampleSize);
    const fresh = wanted.filter((domain) => !taken.has(domain));
    for (const domain of fresh) taken.add(domain);
    const isCached = (domain: string): boolean => {
      const record = known(domain);
      return !options.force && record !== null && isValid(record, options, options.nowMs);
    };
    const todo = fresh.filter((domain) => !isCached(domain));
    const turns = new Map(todo.map((domain) => [domain, turnOf(known(domain), options.nowMs)]));
    return { list, cached: fresh.filter(isCached), todo: todo.toSorted((a, b) => (turns.get(a) ?? 0) - (turns.get(b) ?? 0)) };
  });
}
