import type { CheerioAPI } from "cheerio";

/** In this order; of each the first one in the document. JSON-LD never counts. */
const META = [
  'meta[name="description"]',
  'meta[name="keywords"]',
  'meta[property="og:title"]',
  'meta[property="og:description"]',
  'meta[property="og:site_name"]',
  'meta[name="twitter:title"]',
  'meta[name="twitter:description"]',
];

/** What the page tells search engines; parts that are missing or empty leave nothing behind, not even their space. */
export function readSeoText($: CheerioAPI): string {
  const parts = [$("title").first().text(), ...META.map((selector) => $(selector).first().attr("content") ?? "")];
  return parts.filter((part) => part !== "").join(" ");
}

const EXCERPT_CHARS = 500;

/** What a record keeps of it. */
export function seoExcerpt(seoText: string): string {
  return [...seoText.slice(0, 2 * EXCERPT_CHARS).toLowerCase()].slice(0, EXCERPT_CHARS).join("");
}
