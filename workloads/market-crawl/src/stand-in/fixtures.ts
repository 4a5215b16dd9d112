// The stand-in's own small world: places that everybody knows, written the ways in which sources write them.
import type { AddressLine, IdLine } from "./world.ts";

function place(nameRaw: string, venue: { readonly address: string; readonly city?: string; readonly postalCode?: string }, latitude: number, longitude: number): AddressLine {
  const { address, city = null, postalCode = null } = venue;
  const behind = city === null ? "" : postalCode === null ? `, ${city}` : `, ${postalCode} ${city}`;
  return { name_raw: nameRaw, venue: { address, city, postal_code: postalCode }, geocode_query: `${address}${behind}, Denmark`, geocode: { latitude, longitude } };
}

export const FIXTURE_ADDRESSES: readonly AddressLine[] = [
  place("Loppe- &#038; Kræmmermarked i Hallen", { address: "Parkvej 33", postalCode: "4200", city: "Slagelse" }, 55.400966, 11.362838),
  place("Torvets Loppemarked", { address: "Vanløse Torv" }, 55.6876395, 12.490418153970278),
  place("Marked ved Trianglen", { address: "Trianglen", city: "Østerbro" }, 55.69911293385646, 12.577475099112645),
  place("Loppemarked &#8211; Axeltorv", { address: "Axeltorv" }, 55.67616425, 12.564077596986316),
  place("Gårdmarked", { address: "Betty Nansens Allé 61, 2000 Frederiksberg, Danmark" }, 55.670307, 12.501797),
];

export const FIXTURE_IDS: readonly IdLine[] = [
  ...Array.from({ length: 8 }, (_, index) => ({ external_id: String(91_001 + index), source: "loppemarkeder" })),
  { external_id: "Loppemarked_i_Bella_2025-11-29_2025-11-29", source: "fleamarket", name: "Loppemarked i Bella", start_date: "2025-11-29", end_date: "2025-11-29" },
];
