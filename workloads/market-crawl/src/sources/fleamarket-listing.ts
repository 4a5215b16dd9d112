import { load, type CheerioAPI } from "cheerio";
import { periodOfCell } from "../dates.ts";
import { fleamarketId } from "./external-id.ts";
import { NO_DETAILS, PageError, type Entry, type ParsedPage } from "./item.ts";
import { rawTextOf } from "./raw-text.ts";
import { resolveUrl } from "./resolve-url.ts";

const DEFAULT_CATEGORY = "Loppemarked";
/** Private-use characters of the site's icon font. */
const FOOD = "\uE086";
const PARKING = "\uE115";
const CELLS_MIN = 4;

/** One page of the HTML source. */
export function parseListing(html: string, pageUrl: string): ParsedPage {
  if (!html.includes("<")) throw new PageError("this is not an HTML page");
  const $ = load(html, { sourceCodeLocationInfo: true });
  const entries: Entry[] = [];
  for (const row of $("table tr")) {
    const cells = $(row).children("td");
    if (cells.length >= CELLS_MIN) entries.push(readRow($, $(cells), { html, pageUrl }));
  }
  const next = $("a").filter((_, link) => $(link).text().includes("»"));
  return { entries, nextUrl: resolveUrl(next.first().attr("href"), pageUrl) };
}

function readRow($: CheerioAPI, cells: ReturnType<CheerioAPI>, page: { readonly html: string; readonly pageUrl: string }): Entry {
  const cell = (index: number): ReturnType<CheerioAPI> => $(cells.get(index));
  const first = cell(0);
  const named = [first.find("a").first(), first.find("strong").first(), first].find((each) => each.text().trim() !== "");
  if (named === undefined) return { kind: "skipped", reason: "a row without a name" };
  const name = named.text().trim();
  const period = periodOfCell(cell(5).text());
  if (period === null) return { kind: "skipped", reason: `${name}: no valid start date` };
  const words = cell(1).text().trim().split(/\s+/).filter(Boolean);
  const icons = cell(3).text();
  const link = resolveUrl(first.find("a").first().attr("href"), page.pageUrl);
  const externalId = fleamarketId(name, period.start, period.end);
  return {
    kind: "item",
    warning: period.corrected ? `${externalId}: the end was before the start and is taken as ${period.start}` : null,
    item: {
      source: "fleamarket",
      externalId,
      name,
      nameRaw: rawTextOf(named, page.html) ?? name,
      municipality: (words.length > 1 ? words.slice(0, -1).join(" ") : words[0]) ?? null,
      category: words.length > 1 ? (words.at(-1) ?? DEFAULT_CATEGORY) : DEFAULT_CATEGORY,
      startDate: period.start,
      endDate: period.end,
      hasFood: icons.includes(FOOD),
      hasParking: icons.includes(PARKING),
      sourceUrl: link,
      latitude: null,
      longitude: null,
      detailUrl: link,
      details: NO_DETAILS,
    },
  };
}
