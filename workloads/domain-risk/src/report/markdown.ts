import type { DomainRecord } from "../record.ts";
import { figuresOf, riskClass } from "./classes.ts";
import { clustersOf, GROUP_TITLES } from "./clusters.ts";

const PRODUCTS_SHOWN = 5;
const RELATED_SHOWN = 10;

/** `{category}_analysis.md`. */
export function renderMarkdown(category: string, records: readonly DomainRecord[]): string {
  const figures = figuresOf(records);
  const lines = [
    `# ${category} - Content Analysis Report`,
    "",
    `**Domains Analyzed:** ${records.length}`,
    "",
    "## Summary",
    "",
    `- **Accessible:** ${figures.accessible_count}/${figures.total_domains}`,
    `- **Average Risk Score:** ${figures.avg_risk_score.toFixed(1)}`,
    `- **High / Medium / Low:** ${figures.high_risk_count} / ${figures.medium_risk_count} / ${figures.low_risk_count}`,
    "",
    "## Hazard Clusters",
    "",
    ...clusterLines(records),
    "## Individual Domain Analysis",
    "",
    ...records.flatMap((record) => [`### ${plain(record.domain)}`, "", ...describe(record), ""]),
  ];
  return `${lines.join("\n").trimEnd()}\n`;
}

function clusterLines(records: readonly DomainRecord[]): string[] {
  const lines: string[] = [];
  for (const { group, clusters } of clustersOf(records)) {
    lines.push(`### ${GROUP_TITLES[group]}`, "");
    for (const { name, count } of clusters) lines.push(`- **${name}:** ${count}`);
    if (clusters.length === 0) lines.push("- none");
    lines.push("");
  }
  return lines;
}

function describe(record: DomainRecord): string[] {
  if (!record.accessible) return [`❌ **Not accessible:** ${plain(record.error ?? "not known")}`];
  return [
    `**Risk Score:** ${record.risk_score}/100 (${riskClass(record.risk_score)})`,
    ...listed("Justification", record.justification),
    ...listed("Promoted Products", record.promoted_products.slice(0, PRODUCTS_SHOWN).map(plain)),
    ...listed("Related Domains", record.related_domains.slice(0, RELATED_SHOWN).map(plain)),
  ];
}

function listed(title: string, items: readonly string[]): string[] {
  return items.length === 0 ? [] : ["", `**${title}:**`, "", ...items.map((item) => `- ${item}`)];
}

/** What strangers wrote stays one line of text: no markup, no headings of its own. */
function plain(text: string): string {
  return text
    .replaceAll(/\s+/g, " ")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll(/[\\`*[\]]/g, String.raw`\$&`);
}
