import { html } from "hono/html";
import type { DomainRecord } from "../record.ts";
import { barChart, STYLE, type Bar } from "./charts.ts";
import { ERROR_CLASSES, errorClass, figuresOf, riskClass, type CategoryFigures } from "./classes.ts";
import { clustersOf, GROUP_TITLES } from "./clusters.ts";

type Markup = ReturnType<typeof html>;

const PRODUCTS_SHOWN = 5;
const RELATED_SHOWN = 10;

/** `{category}.html`: one file, no scripts, nothing from the network. Whatever strangers wrote is escaped. */
export async function renderHtml(category: string, records: readonly DomainRecord[], generatedAt: string): Promise<string> {
  const figures = figuresOf(records);
  const page = await html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'" />
        <title>${category} - Content Analysis Report</title>
        <style>
          ${STYLE}
        </style>
      </head>
      <body>
        <h1>${category} - Content Analysis Report</h1>
        <p>Generated ${generatedAt}</p>
        ${headline(figures)}
        <h2>Charts</h2>
        <div class="charts">${charts(figures, records)}</div>
        <h2>Domains</h2>
        <table>
          <thead>
            <tr>
              <th>Domain</th>
              <th>Score</th>
              <th>Why</th>
              <th>Products and links</th>
            </tr>
          </thead>
          <tbody>
            ${records.map(rowOf)}
          </tbody>
        </table>
      </body>
    </html> `;
  return `${page.toString()}\n`;
}

function headline(figures: CategoryFigures): Markup {
  const items: readonly (readonly [string, string])[] = [
    ["domains", String(figures.total_domains)],
    ["accessible", `${figures.accessible_count}/${figures.total_domains} (${figures.access_rate} %)`],
    ["average risk score", figures.avg_risk_score.toFixed(1)],
    ["high risk", String(figures.high_risk_count)],
  ];
  return html`<ul class="figures">
    ${items.map(([label, value]) => html`<li><b>${value}</b> ${label}</li>`)}
  </ul>`;
}

function charts(figures: CategoryFigures, records: readonly DomainRecord[]): Markup[] {
  const classes: Bar[] = [
    { label: "high (50 and more)", value: figures.high_risk_count, tone: "high" },
    { label: "medium (30 to 49)", value: figures.medium_risk_count, tone: "medium" },
    { label: "low (below 30)", value: figures.low_risk_count, tone: "low" },
    { label: "not accessible", value: figures.total_domains - figures.accessible_count, tone: "quiet" },
  ];
  const failures = records.flatMap(({ accessible, error }) => (accessible ? [] : [errorClass(error ?? "")]));
  const errors = ERROR_CLASSES.map((label) => ({ label, value: failures.filter((failure) => failure === label).length, tone: "quiet" })).filter(({ value }) => value > 0);
  return [
    section("Risk classes", classes),
    section("Why domains were not accessible", errors),
    ...clustersOf(records).map(({ group, clusters }) =>
      section(
        GROUP_TITLES[group],
        clusters.map(({ name, count }) => ({ label: name, value: count, tone: "medium" })),
      ),
    ),
  ];
}

function section(title: string, bars: readonly Bar[]): Markup {
  return html`<section>
    <h3>${title}</h3>
    ${barChart(title, bars)}
  </section>`;
}

function rowOf(record: DomainRecord): Markup {
  if (!record.accessible) {
    return html`<tr class="failed">
      <td>${record.domain}</td>
      <td class="score">${record.risk_score}</td>
      <td>Not accessible: ${record.error ?? "not known"}</td>
      <td>${listOf(record.justification)}</td>
    </tr>`;
  }
  return html`<tr class="${riskClass(record.risk_score)}">
    <td>${record.domain}</td>
    <td class="score">${record.risk_score}</td>
    <td>${listOf(record.justification)}</td>
    <td>${listOf([...record.promoted_products.slice(0, PRODUCTS_SHOWN), ...record.related_domains.slice(0, RELATED_SHOWN)])}</td>
  </tr>`;
}

function listOf(items: readonly string[]): Markup | "" {
  if (items.length === 0) return "";
  return html`<ul>
    ${items.map((item) => html`<li>${item}</li>`)}
  </ul>`;
}
