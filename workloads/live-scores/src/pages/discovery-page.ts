import { load, type CheerioAPI } from "cheerio";
import { readMatchUrl } from "../match/match-url.ts";

export type DiscoveryPage =
  | {
      readonly kind: "list";
      /** Paths of the live matches, each once, in the order of the page. */
      readonly urls: readonly string[];
      /** False while a live marker leads nowhere: whose it is is not known. */
      readonly isComplete: boolean;
      readonly warnings: readonly string[];
    }
  /** Not the page that we know: no list at all. */
  | { readonly kind: "unrecognised"; readonly detail: string };

/** A node of the document. */
type Node = ReturnType<typeof select>[number];

const MARKERS = ["div.live-card .live", "[data-testid='live-card'] .live", ".live-match-card .live", "[data-status='live']"];
const CARDS_WITHOUT_MARKER = ["li.live-card a", "div.live-card a"];
/** What the page has even when no match is live. */
const FRAMES = "[class*='live-card'], [class*='live-match'], [id*='live-match'], [data-testid*='live'], [class*='no-match'], [class*='no-live']";
const EMPTY_WORDS = /\bno live match(?:es)?\b/i;
/** What nobody is shown: the words of an app that has not drawn its page say nothing. */
const UNSEEN = "script, style, template, noscript";

/** Reads the list of live matches out of the discovery page. Pure. */
export function readDiscoveryPage(html: string): DiscoveryPage {
  const $ = load(html);
  $(UNSEEN).remove();
  const { paths, warnings } = findPaths($);
  const urls = [...new Set(paths)];
  if (urls.length > 0) return { kind: "list", urls, isComplete: warnings.length === 0, warnings };
  // Links to matches where no card is known to be: the page has changed, and an empty list would be a lie.
  const strays = $("a[href*='/scoreboard/']").length;
  if (strays > 0 || warnings.length > 0)
    return { kind: "unrecognised", detail: `${strays} links to matches, but none in a card that is known; ${warnings.length} markers without a link` };
  if ($(FRAMES).length > 0 || EMPTY_WORDS.test($("body").text())) return { kind: "list", urls: [], isComplete: true, warnings };
  return { kind: "unrecognised", detail: "neither cards nor the frame of the list were found" };
}

function findPaths($: CheerioAPI): { readonly paths: readonly string[]; readonly warnings: readonly string[] } {
  const warnings: string[] = [];
  const markers = firstFound($, MARKERS);
  if (markers.length > 0) {
    const paths = markers.flatMap((marker) => {
      const path = pathOfMarker($, marker);
      if (path === null) warnings.push("a live marker has no link to a match");
      return path === null ? [] : [path];
    });
    return { paths, warnings };
  }
  const links = CARDS_WITHOUT_MARKER.map((selector) =>
    $(selector)
      .toArray()
      .flatMap((link) => matchPath($, link) ?? []),
  );
  return { paths: links.find((found) => found.length > 0) ?? [], warnings };
}

function select($: CheerioAPI, selector: string) {
  return $(selector).toArray();
}

function firstFound($: CheerioAPI, selectors: readonly string[]): Node[] {
  for (const selector of selectors) {
    const found = select($, selector);
    if (found.length > 0) return found;
  }
  return [];
}

/** The places where a marker's link may be; the first that has one to a match is taken. */
function pathOfMarker($: CheerioAPI, marker: Node): string | null {
  const parent = $(marker).parent();
  const card = $(marker)
    .parents("div")
    .filter((_, element) => ($(element).attr("class") ?? "").includes("live-card"))
    .first();
  const places = [parent.next(), parent.parent().next(), card.find("a").first(), $(marker).parents("a").first()];
  for (const place of places) {
    const [element] = place.toArray();
    const path = element === undefined ? null : matchPath($, element);
    if (path !== null) return path;
  }
  return null;
}

function matchPath($: CheerioAPI, element: Node): string | null {
  return readMatchUrl($(element).attr("href") ?? "")?.path ?? null;
}
