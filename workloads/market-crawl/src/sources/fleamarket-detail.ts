import { load, type CheerioAPI } from "cheerio";
import { PageError, type Details } from "./item.ts";
import { rawTextOf } from "./raw-text.ts";
import { resolveUrl } from "./resolve-url.ts";

/** The page behind a link of the listing; one for all dates of a market. */
export function parseDetail(html: string, pageUrl: string): Details {
  if (!html.includes("<")) throw new PageError("this is not an HTML page");
  const $ = load(html, { sourceCodeLocationInfo: true });
  const text = (selector: string): string | null => emptyToNull($(selector).first().text());
  const has = (selector: string): boolean => $(selector).length > 0;
  const place = /(\d{4})\s*(.+)/.exec(text(".city,.postal-code") ?? "");
  const description = $(".description,.content").first();
  const features = [...$(".features li,.amenities li")].map((each) => $(each).text().trim()).filter(Boolean);
  return {
    address: text(".address,.location"),
    postalCode: place?.[1] ?? null,
    city: emptyToNull(place?.[2]),
    description: emptyToNull(description.text()),
    descriptionRaw: emptyToNull(rawTextOf(description, html)),
    organizerName: text(".organizer,.contact-name"),
    organizerPhone: emptyToNull(text(".phone,.contact-phone")?.replaceAll(/[^\d+\- ]/g, "")),
    organizerEmail: text(".email,.contact-email"),
    organizerWebsite: websiteOf($, pageUrl),
    openingHours: text(".hours,.opening-hours"),
    entryFee: numberOf(/(\d+(?:[.,]\d{1,2})?)/.exec(text(".fee,.entry-fee") ?? "")?.[1]),
    stallCount: numberOf(/\d+/.exec(text(".stalls,.stall-count") ?? "")?.[0]),
    hasToilets: has(".toilet,.toilet-icon"),
    hasWifi: has(".wifi,.wifi-icon"),
    isIndoor: has(".indoor,.indoor-icon"),
    isOutdoor: true,
    specialFeatures: features.length === 0 ? null : JSON.stringify(features),
  };
}

function websiteOf($: CheerioAPI, pageUrl: string): string | null {
  const website = $(".website").first();
  const href = website.attr("href") ?? website.find("a[href]").first().attr("href");
  return resolveUrl(href, pageUrl) ?? emptyToNull(website.text());
}

function numberOf(text: string | undefined): number | null {
  const value = text === undefined ? Number.NaN : Number(text.replace(",", "."));
  return Number.isSafeInteger(value) || (Number.isFinite(value) && value < 1e9) ? value : null;
}

function emptyToNull(text: string | null | undefined): string | null {
  const trimmed = text?.trim() ?? "";
  return trimmed === "" ? null : trimmed;
}
