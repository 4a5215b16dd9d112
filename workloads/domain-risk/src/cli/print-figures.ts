import type { Print } from "workload-command-line";
import { figuresOf } from "../report/classes.ts";
import type { CategoryRecords } from "../report/outputs.ts";

/** One line for each category. */
export function printFigures(all: readonly CategoryRecords[], print: Print): void {
  for (const { category, records } of all) {
    const figures = figuresOf(records);
    print.data(
      { category: category.title, ...figures },
      () =>
        `${category.title}: ${figures.accessible_count}/${figures.total_domains} accessible, average ${figures.avg_risk_score.toFixed(1)}, ` +
        `${figures.high_risk_count} high, ${figures.medium_risk_count} medium, ${figures.low_risk_count} low (${category.output}_analysis.md)`,
    );
  }
}
