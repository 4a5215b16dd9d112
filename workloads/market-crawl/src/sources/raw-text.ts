import type { CheerioAPI } from "cheerio";

/** What stands between an element's tags in the page as it came: entities as they were written. Needs `sourceCodeLocationInfo`. */
export function rawTextOf(selection: ReturnType<CheerioAPI>, html: string): string | null {
  const element = selection.get(0);
  const place = element?.type === "tag" ? element.sourceCodeLocation : null;
  if (place === null || place === undefined || !("startTag" in place) || !place.startTag) return null;
  const end = "endTag" in place && place.endTag ? place.endTag.startOffset : place.endOffset;
  return html.slice(place.startTag.endOffset, end).trim();
}
