import { domainToUnicode } from "node:url";
import { parse } from "tldts";

/** Which hosts probably belong to one owner. */
export interface Sibling {
  /** The same for all siblings. */
  readonly key: string;
  /** The registrable domain, e.g. "brand.co.uk". */
  readonly domain: string;
  /**
   * - `brand`: brand.com, www.brand.co.uk and shop.brand.com.au share a key; one proof of protection (tier `mitigation` or `marker`) speaks for all.
   * - `generic`: a common word or a very short name, which many owners use. The same key is not enough: ask for a second proof (the same vendor at that sibling, the same edge address or name servers).
   * - `tenant`: below a private suffix (brand.github.io): tenants are strangers to each other, the key is the host's own domain.
   */
  readonly certainty: "brand" | "generic" | "tenant";
}

/** Words that unrelated owners register under many suffixes. */
const GENERIC = new Set(
  [
    "about account accounts admin api app apps art auth auto baby bank beta bet bets bike blog book books box buy car cars casino cdn chat city click cloud club code coffee coin coins cool data deal deals design dev direct doc docs",
    "domain drive easy edu energy event events expert express fashion finance fit fly food forum free fun game games garden gift gifts global go gold green group guide health help home host hotel hotels house image images info insurance",
    "invest io job jobs kids land law learn legal life link live loan loans local login luxury mail market marketplace master mobile money movie music my net network news now office official one online open partner party pay photo photos",
    "play plus poker portal post press pro promo radio recipes rent rental review reviews sale sales school search secure security server service services shop shopping site smart social solutions sport sports star start static status store",
    "stream studio style support team tech test tickets time today tools top tour tours toys trade trading travel trip tv university vip video videos watch weather web website wiki wine work works world www yoga zone",
  ]
    .join(" ")
    .split(" "),
);
const SHORT_NAME_CHARS = 3;

/**
 * The name by which a host is grouped with its siblings under other suffixes; null for an address, an unknown suffix or no host at all.
 * Takes a host or a URL, in Unicode or as punycode.
 * @example siblingKey("www.brand.co.uk") // { key: "brand", domain: "brand.co.uk", certainty: "brand" }
 */
export function siblingKey(host: string): Sibling | null {
  const parsed = parse(host.trim(), { allowPrivateDomains: true });
  const { domain, domainWithoutSuffix } = parsed;
  if (parsed.isIp === true || domain === null || domainWithoutSuffix === null || domainWithoutSuffix === "") return null;
  if (parsed.isIcann !== true && parsed.isPrivate !== true) return null;
  const readable = domainToUnicode(domain).normalize("NFC") || domain;
  if (parsed.isPrivate === true) return { key: readable, domain: readable, certainty: "tenant" };
  const key = (domainToUnicode(domainWithoutSuffix) || domainWithoutSuffix).normalize("NFC");
  return { key, domain: readable, certainty: GENERIC.has(key) || [...key].length <= SHORT_NAME_CHARS ? "generic" : "brand" };
}
