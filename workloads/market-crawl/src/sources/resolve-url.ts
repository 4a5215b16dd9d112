/** An address on a page as an absolute one; null when it leads nowhere that is fetched. Fragments name a place on a page, not another page. */
export function resolveUrl(written: string | undefined, base: string): string | null {
  const text = written?.trim() ?? "";
  if (text === "" || !URL.canParse(text, base)) return null;
  const url = new URL(text, base);
  if (url.protocol !== "http:" && url.protocol !== "https:") return null;
  url.hash = "";
  return url.href;
}
