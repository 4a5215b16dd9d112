// What one page says: its text as the rules want it, the hosts that it links to, its products.
import { load, type CheerioAPI } from "cheerio";
import { isTag, isText, type AnyNode } from "domhandler";
import { relatedDomains } from "./related-domains.ts";
import { readSeoText } from "./seo-text.ts";

export interface PageContent {
  /** All text nodes in document order, not joined by anything; what stands in script, style and template is not text. */
  readonly text: string;
  readonly seoText: string;
  /** Code points of the text nodes, each trimmed. */
  readonly contentLength: number;
  readonly relatedDomains: readonly string[];
  readonly promotedProducts: readonly string[];
}

/** Takes any text, also what is no HTML at all; never throws. */
export function readPage(html: string, domain: string): PageContent {
  // Without scripting: what stands in <noscript> is markup, and its text counts.
  const $ = load(html, { scriptingEnabled: false });
  const pieces: string[] = [];
  let contentLength = 0;
  for (const piece of textOf($.root().toArray())) {
    pieces.push(piece);
    contentLength += codePoints(piece.trim());
  }
  const hrefs = $("a[href]")
    .toArray()
    .map((link) => link.attribs["href"] ?? "");
  return { text: pieces.join(""), seoText: readSeoText($), contentLength, relatedDomains: relatedDomains(hrefs, domain), promotedProducts: readProducts($) };
}

const NO_TEXT = new Set(["script", "style", "template"]);

/** Text nodes in document order. With a stack of its own: a page may be nested deeper than the call stack is. */
function* textOf(roots: readonly AnyNode[]): Generator<string> {
  const waiting: AnyNode[] = roots.toReversed();
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    if (isText(node)) yield node.data;
    else if ("children" in node && !(isTag(node) && NO_TEXT.has(node.name))) {
      for (let index = node.children.length - 1; index >= 0; index--) {
        const child = node.children[index];
        if (child !== undefined) waiting.push(child);
      }
    }
  }
}

const PRODUCT_SELECTORS = [".product", ".menu-item", ".item", "h3", "h4"];
const ELEMENTS_PER_SELECTOR = 10;
const PRODUCTS_MAX = 15;
const PRODUCT_CHARS_MAX = 100;

function readProducts($: CheerioAPI): string[] {
  return PRODUCT_SELECTORS.flatMap((selector) => $(selector).slice(0, ELEMENTS_PER_SELECTOR).toArray())
    .map((element) => [...textOf([element])].join("").trim())
    .filter((text) => text !== "" && codePoints(text) < PRODUCT_CHARS_MAX)
    .slice(0, PRODUCTS_MAX);
}

function codePoints(text: string): number {
  let count = text.length;
  for (let index = 0; index < text.length - 1; index++) {
    const unit = text.charCodeAt(index);
    if (unit >= 0xd800 && unit <= 0xdbff) {
      const next = text.charCodeAt(index + 1);
      if (next >= 0xdc00 && next <= 0xdfff) count -= 1;
    }
  }
  return count;
}
