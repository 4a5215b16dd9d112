import { pickExtra, type Extra } from "./extra.ts";
import { badRow, ITEM_GROUPS, type BadRow } from "./items.ts";
import type { Json, JsonObject } from "./json-text.ts";
import { instant, text, wholeNumber } from "./values.ts";

/** What a profile says about its user, apart from the collections. */
export interface ProfileHead {
  readonly namecode: string;
  readonly username: string | null;
  readonly level: number | null;
  readonly pvpTier: number | null;
  readonly equippedPetId: number | null;
  readonly guild: { readonly externalId: number; readonly name: string | null; readonly rank: number | null } | null;
  /** ISO time of the game's server; null when it does not say. */
  readonly serverTime: string | null;
  readonly extra: Extra;
  /** Fields that were not what they should be; they count as missing. */
  readonly bad: readonly BadRow[];
}

export const COLLECTIONS: readonly string[] = [...Object.values(ITEM_GROUPS).map(({ collection }) => collection), "Teams"];

/** Keys of `ProfileData` that have a place of their own. */
export const PROFILE_KEYS: ReadonlySet<string> = new Set([...COLLECTIONS, "Name", "Level", "PvpTier", "EquippedPetId", "GuildId", "GuildName", "GuildRank", "ServerTime"]);

/**
 * @param profile `ProfileData` without the content of its collections
 * @param outer keys beside `NameCode` and `ProfileData`, such as `PlayerId`
 */
export function mapProfile(namecode: string, profile: JsonObject, outer: JsonObject): ProfileHead {
  const bad: BadRow[] = [];
  const attempt = <Value>(read: () => Value): Value | null => {
    try {
      return read();
    } catch (error) {
      bad.push(badRow(error, namecode));
      return null;
    }
  };
  const number = (key: string): number | null => attempt(() => wholeNumber(profile[key], key, null));
  const guildId = number("GuildId");
  const guildName = attempt(() => text(profile["GuildName"], "GuildName"));
  const rank = number("GuildRank");
  return {
    namecode,
    username: attempt(() => text(profile["Name"], "Name")),
    level: number("Level"),
    pvpTier: number("PvpTier"),
    equippedPetId: number("EquippedPetId"),
    // 0 is how the game says "in no guild".
    guild: guildId === null || guildId === 0 ? null : { externalId: guildId, name: guildName, rank },
    serverTime: attempt(() => instant(profile["ServerTime"], "ServerTime")),
    extra: pickExtra({ ...outer, ...profile }, PROFILE_KEYS),
    bad,
  };
}

/** Non-empty text; anything else is null. */
export function readNameCode(value: Json | undefined): string | null {
  if (typeof value !== "string" || value.trim() === "" || value.includes("\u0000")) return null;
  return value.length <= NAMECODE_MAX ? value : null;
}

const NAMECODE_MAX = 200;
