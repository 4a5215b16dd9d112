export interface Address {
  /** The street. */
  readonly address: string | null;
  readonly postal_code: string | null;
  readonly city: string | null;
}

export interface AddressParts {
  readonly address: string | null;
  readonly postalCode: string | null;
  readonly city: string | null;
}

const NOTHING: Address = { address: null, postal_code: null, city: null };

/** The parts that exist, joined: `address`, then `postal city` when both exist, else `city`. */
export function joinAddress({ address, postalCode, city }: AddressParts): string {
  const place = postalCode !== null && city !== null ? `${postalCode} ${city}` : city;
  return [address, place].filter((part) => part !== null && part !== "").join(", ");
}

/**
 * Takes an address apart the way that the stored ones were: a country name stays where it falls.
 * @example parseAddress("Østergade 18, 4900 Nakskov") // { address: "Østergade 18", postal_code: "4900", city: "Nakskov" }
 */
export function parseAddress(written: string): Address {
  const text = written.replace(/\s+/g, " ").trim().replaceAll("&nbsp;", " ").replaceAll("&#8211;", "-");
  if (text.trim() === "") return NOTHING;
  const found = /(\d{4})\s+(.+?)(?:,|$)/.exec(text);
  const parsed = found === null ? splitAtCommas(text) : splitAtPostalCode(text, found);
  return parsed.postal_code === null && parsed.city !== null ? withPostalCodeOfCity(parsed, parsed.city) : parsed;
}

function splitAtPostalCode(text: string, found: RegExpExecArray): Address {
  const [whole, postalCode = "", city = ""] = found;
  const street = text.replace(new RegExp(`,?\\s*${escape(whole)}`, "giu"), "").trim();
  return { address: street === "" ? text : street, postal_code: postalCode.trim(), city: city.trim() };
}

function escape(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, "\\$&");
}

function splitAtCommas(text: string): Address {
  const parts = text.split(",");
  const last = parts.at(-1)?.trim() ?? "";
  if (parts.length === 1) return { address: text, postal_code: null, city: text };
  if (last === "") return NOTHING;
  return { address: parts.slice(0, -1).join(", ").trim(), postal_code: null, city: last.replace(/^\d{4}/, "").trim() };
}

function withPostalCodeOfCity(parsed: Address, city: string): Address {
  const digits = /\d{4}/.exec(city)?.[0] ?? null;
  const rest = digits === null ? city : city.replace(digits, "").trim();
  return { ...parsed, postal_code: digits, city: rest === "" ? null : rest };
}
