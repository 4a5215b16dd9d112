// The tables of keywords. A keyword counts once, wherever it occurs as a part of the text.

export const GROUPS = ["health_hazards", "behavioral_hazards", "marketing_tactics"] as const;
export type Group = (typeof GROUPS)[number];

/** Sub-category → number of its keywords that occur; only those above 0, in the order of the tables. */
export type Counts = Readonly<Record<string, number>>;
export type HazardTables = Readonly<Record<Group, Counts>>;

interface SubCategory {
  readonly name: string;
  readonly keywords: readonly string[];
}

export const KEYWORDS: Readonly<Record<Group, readonly SubCategory[]>> = {
  health_hazards: [
    row("ultra_processed", "processed | artificial | preservatives | additives | high sodium | trans fat | deep fried"),
    row("sugar", "sugar | sweetened | syrup | candy | dessert | sweet"),
    row("fast_food", "fast food | quick meal | quick service | quick bite | instant meal | ready to eat | convenience food"),
    row("addictive", "crave | craving | addictive | cant resist | can't stop"),
    row("nutrition_poor", "empty calories | low nutrition | junk food"),
  ],
  behavioral_hazards: [
    row("impulsive_ordering", "order now | quick order | one-click | instant checkout | easy ordering | tap to order | order in minutes"),
    row("urgency", "limited time | hurry | expires soon | last chance | today only | flash sale | act now | dont wait"),
    row("discounts", "discount | deal | save | coupon | promo | offer | sale | % off | percent off | free delivery fee"),
    row("convenience", "delivered | delivery | doorstep | home delivery | free delivery | fast delivery | door-to-door"),
    row("upselling", "combo | meal deal | upgrade | add-on | supersize | large | bundle | more for less"),
    row("addiction_language", "favorite | must-have | essential | trending | popular | bestseller | cant resist | craving"),
  ],
  marketing_tactics: [
    row("social_proof", "reviews | rated | customers love | popular choice | trending | top rated | highly rated | customer favorite"),
    row("scarcity", "limited | exclusive | rare | while supplies last | selling fast | low stock | almost gone"),
    row("fomo", "dont miss | everyone is | join millions | be the first | join now | get started | sign up"),
    row("personalization", "for you | recommended | picked for you | your favorites | just for you | tailored"),
  ],
};

function row(name: string, keywords: string): SubCategory {
  return { name, keywords: keywords.split(" | ") };
}

/** The tables of a text. Upper and lower case are the same; white space is taken as it stands: a phrase over two lines is none. */
export function countHazards(text: string): HazardTables {
  const lower = text.toLowerCase();
  const countsOf = (group: Group): Counts =>
    Object.fromEntries(KEYWORDS[group].map(({ name, keywords }) => [name, keywords.filter((keyword) => lower.includes(keyword)).length] as const).filter(([, count]) => count > 0));
  return { health_hazards: countsOf("health_hazards"), behavioral_hazards: countsOf("behavioral_hazards"), marketing_tactics: countsOf("marketing_tactics") };
}

export const NO_HAZARDS: HazardTables = { health_hazards: {}, behavioral_hazards: {}, marketing_tactics: {} };

/** What the rules look at: the page's text, one space, its SEO text. */
export function scoredText(page: { readonly text: string; readonly seoText: string }): string {
  return `${page.text.toLowerCase()} ${page.seoText.toLowerCase()}`;
}
