import type { DomainRecord } from "../record.ts";
import { chooseKeywords } from "./choose-keywords.ts";

import { ENOUGH_CHARS } from "../page/enough.ts";
/** Holds no keyword. */
const FILLER = "quiet paragraph number ";

/** A page that is counted as the record says: one keyword per line, filler up to 500 characters, links to its related domains. */
export function renderPage(record: DomainRecord): string {
  const keywords = record.accessible ? (chooseKeywords(record) ?? []) : [];
  const lines = [...keywords, ...fillerLines(ENOUGH_CHARS)];
  const links = record.related_domains.map((domain) => `<a href="https://${domain === record.domain ? `www.${domain}` : domain}/"></a>`);
  const products = record.promoted_products.map((product) => `<h3>${escapeText(product)}</h3>`);
  return document([...lines.map((line) => `<p>${escapeText(line)}</p>`), ...products, ...links].join("\n"));
}

/** A page with exactly so many characters of text. */
export function renderShortPage(chars: number): string {
  return document(`<p>${"x".repeat(chars)}</p>`);
}

/** Nothing of the page for a plain request; a browser runs the script and has it all. */
export function renderChallenge(page: string): string {
  const packed = Buffer.from(page).toString("base64");
  return `<!doctype html><html><head><meta charset="utf-8"><script>
document.addEventListener("DOMContentLoaded", () => {
  const bytes = Uint8Array.from(atob("${packed}"), (sign) => sign.charCodeAt(0));
  document.documentElement.innerHTML = new TextDecoder().decode(bytes);
});
</script></head><body><p>one moment</p></body></html>`;
}

/** Never gives the browser's main thread back. */
export const LOOPING_PAGE = document("<p>wait</p><script>for (;;);</script>");

/** A challenge that is never done: it asks again and again, so that the network never rests. */
export const UNSOLVED_PAGE = document(`<p>checking</p><script>setInterval(() => fetch(location.href).catch(() => {}), 200);</script>`);

/** Opens whatever a page can open. */
export const PUSHY_PAGE = document(
  `${fillerLines(ENOUGH_CHARS)
    .map((line) => `<p>${line}</p>`)
    .join("\n")}<script>
open("about:blank"); open("about:blank");
const link = document.createElement("a"); link.href = "data:application/octet-stream,x"; link.download = "x.bin"; document.body.append(link); link.click();
alert("look"); confirm("sure?");
</script>`,
);

export function fillerLines(chars: number): string[] {
  const lines: string[] = [];
  for (let sum = 0; sum < chars; sum += lines.at(-1)?.length ?? 0) lines.push(`${FILLER}${lines.length}`);
  return lines;
}

function document(body: string): string {
  return `<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><!-- longer than nothing, whatever it says --></head>\n<body>\n${body}\n</body></html>\n`;
}

function escapeText(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}
