// A small world for whoever has no records at hand. All names are invented; nothing of them is ever asked for but on loopback.
import { domainRecord, type DomainRecord } from "../record.ts";
import type { HazardTables } from "../score/keywords.ts";

interface Sketch {
  readonly domain: string;
  readonly tables?: Partial<HazardTables>;
  readonly related?: readonly string[];
  readonly products?: readonly string[];
  readonly method?: "http" | "browser";
  readonly fallback?: string;
  readonly error?: string;
}

const SKETCHES: readonly Sketch[] = [
  {
    domain: "burgerharbour.com",
    tables: {
      health_hazards: { ultra_processed: 3, sugar: 2, fast_food: 4, addictive: 1 },
      behavioral_hazards: { impulsive_ordering: 3, urgency: 2, discounts: 4, convenience: 3 },
      marketing_tactics: { scarcity: 2, fomo: 2 },
    },
    related: ["burgerharbour.co.uk", "fryfleet.com", "deckhanddelivery.com", "facebook.com"],
    products: ["Anchor Burger", "Tide Fries"],
  },
  {
    domain: "burgerharbour.co.uk",
    tables: { health_hazards: { fast_food: 3 }, behavioral_hazards: { discounts: 3, convenience: 2 } },
    related: ["burgerharbour.com", "burgerharbour.co.uk"],
  },
  {
    domain: "fryfleet.com",
    tables: {
      health_hazards: { sugar: 1 },
      behavioral_hazards: { discounts: 5, convenience: 3, upselling: 4, urgency: 2 },
      marketing_tactics: { social_proof: 4, personalization: 3 },
    },
    related: ["burgerharbour.com", "instagram.com"],
    method: "browser",
    fallback: "HTTP 403 Forbidden",
  },
  { domain: "deckhanddelivery.com", tables: { behavioral_hazards: { convenience: 2, discounts: 1 } }, related: ["burgerharbour.com"] },
  { domain: "plainporridge.org", tables: { health_hazards: { sugar: 1 } } },
  { domain: "emptypantry.net", error: "Browser: No content retrieved" },
  { domain: "shortorder.io", error: "Browser: Insufficient content (212 chars)" },
  { domain: "closedkitchen.com", error: "Browser error: net::ERR_CONNECTION_CLOSED at https://closedkitchen.com/" },
  { domain: "velvetreef.com", error: "HTTP 403 Forbidden" },
  { domain: "velvetreef.co.uk", error: "HTTP 403 Forbidden" },
  { domain: "velvetreef.ca", error: "HTTP 403 Forbidden" },
  {
    domain: "coralcosmetics.com",
    tables: { behavioral_hazards: { discounts: 4, addiction_language: 5 }, marketing_tactics: { social_proof: 3, scarcity: 2, fomo: 2, personalization: 3 } },
    related: ["coralcosmetics.co.uk", "pearlpalette.com", "youtube.com"],
  },
  {
    domain: "coralcosmetics.co.uk",
    tables: { behavioral_hazards: { discounts: 5, convenience: 2, upselling: 1, addiction_language: 3 }, marketing_tactics: { scarcity: 2 } },
    related: ["coralcosmetics.com"],
  },
  {
    domain: "pearlpalette.com",
    tables: { behavioral_hazards: { addiction_language: 2 }, marketing_tactics: { personalization: 1 } },
    related: ["coralcosmetics.com", "shellshine.com"],
  },
];

/** Which of them stand in which list. */
export const FIXTURE_LISTS: Readonly<Record<string, readonly string[]>> = {
  "food.txt": ["burgerharbour.com", "burgerharbour.co.uk", "fryfleet.com", "deckhanddelivery.com", "plainporridge.org", "emptypantry.net", "shortorder.io", "closedkitchen.com"],
  "cosmetics.txt": ["velvetreef.com", "velvetreef.co.uk", "velvetreef.ca", "coralcosmetics.com", "coralcosmetics.co.uk", "pearlpalette.com"],
};

export const FIXTURES: readonly DomainRecord[] = SKETCHES.map(({ domain, tables = {}, related = [], products = [], method = "http", fallback, error }) =>
  domainRecord.parse({
    domain,
    accessible: error === undefined,
    health_hazards: tables.health_hazards ?? {},
    behavioral_hazards: tables.behavioral_hazards ?? {},
    marketing_tactics: tables.marketing_tactics ?? {},
    related_domains: related,
    promoted_products: products,
    ...(error === undefined ? { method } : { error }),
    ...(fallback === undefined ? {} : { fallback_reason: fallback }),
  }),
);
