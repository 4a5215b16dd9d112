import { html, raw } from "hono/html";

type Markup = ReturnType<typeof html>;

export interface Bar {
  readonly label: string;
  readonly value: number;
  /** A CSS class that gives it its colour. */
  readonly tone: string;
}

const ROW_PIXELS = 26;
const LABEL_PIXELS = 170;
const BAR_PIXELS = 360;
const WIDTH_PIXELS = LABEL_PIXELS + BAR_PIXELS + 60;

/** Horizontal bars with their values, as inline SVG: the page asks for nothing. */
export function barChart(title: string, bars: readonly Bar[]): Markup {
  if (bars.length === 0) return html`<p class="none">nothing</p>`;
  const highest = Math.max(1, ...bars.map(({ value }) => value));
  const rows = bars.map(({ label, value, tone }, index) => {
    const y = index * ROW_PIXELS;
    const width = Math.max(value > 0 ? 2 : 0, Math.round((value / highest) * BAR_PIXELS));
    return html`<text x="${LABEL_PIXELS - 8}" y="${y + 17}" text-anchor="end">${label}</text
      ><rect class="${tone}" x="${LABEL_PIXELS}" y="${y + 4}" width="${width}" height="18" rx="3"></rect><text x="${LABEL_PIXELS + width + 6}" y="${y + 17}">${value}</text>`;
  });
  const height = bars.length * ROW_PIXELS;
  return html`<svg role="img" aria-label="${title}" viewBox="0 0 ${WIDTH_PIXELS} ${height}" width="${WIDTH_PIXELS}" height="${height}">${rows}</svg>`;
}

/** The look of a report; inline, so that one file is all there is. */
export const STYLE = raw(`
  :root { color-scheme: light dark; --line: #8884; --high: #d33f49; --medium: #e09f3e; --low: #3f88c5; --quiet: #888; }
  body { font: 15px/1.5 system-ui, sans-serif; max-width: 68rem; margin: 2rem auto; padding: 0 1rem; }
  h1, h2 { line-height: 1.2; } h2 { margin-top: 2.2rem; }
  .figures { display: flex; flex-wrap: wrap; gap: 1rem; padding: 0; list-style: none; }
  .figures li { border: 1px solid var(--line); border-radius: .5rem; padding: .6rem 1rem; } .figures b { display: block; font-size: 1.5rem; }
  .charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(22rem, 1fr)); gap: 1.5rem; } svg { max-width: 100%; height: auto; }
  svg text { font: 13px system-ui, sans-serif; fill: currentColor; } rect.high { fill: var(--high); } rect.medium { fill: var(--medium); } rect.low { fill: var(--low); } rect.quiet { fill: var(--quiet); }
  table { border-collapse: collapse; width: 100%; } th, td { text-align: left; vertical-align: top; padding: .4rem .6rem; border-bottom: 1px solid var(--line); overflow-wrap: anywhere; }
  td.score { font-variant-numeric: tabular-nums; font-weight: 600; } tr.high td.score { color: var(--high); } tr.medium td.score { color: var(--medium); } tr.failed { color: var(--quiet); }
  ul { margin: 0; padding-left: 1.1rem; } .none { color: var(--quiet); }
`);
