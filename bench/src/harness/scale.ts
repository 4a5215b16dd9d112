/** `full` are the figures that count. `smoke` takes seconds and only shows that the harness works. */
export type Scale = "full" | "smoke";

export const scale: Scale = process.argv.includes("--smoke") ? "smoke" : "full";

/** Picks by scale: `sized({ full: 5, smoke: 1 })`. */
export function sized<T>(sizes: Readonly<Record<Scale, T>>): T {
  return sizes[scale];
}
