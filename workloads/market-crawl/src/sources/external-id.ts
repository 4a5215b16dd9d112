/** @example fleamarketId("Loppemarked i Bella", "2025-11-29", "2025-11-29") // "Loppemarked_i_Bella_2025-11-29_2025-11-29" */
export function fleamarketId(name: string, start: string, end: string): string {
  return `${name}_${start}_${end}`.replaceAll(/[ /]/g, "_");
}
