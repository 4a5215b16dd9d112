import { rfc3339, seconds } from "./time.ts";

/**
 * One rule for every field of events and reports, in every depth, so that a new one needs no renderer: camelCase becomes snake_case,
 * `…AtMs` an RFC 3339 `…_at`, `…Ms` `…_seconds`.
 */
export function snakeFields(value: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).map(([name, member]) => snakeField(name, member)));
}

function snakeField(name: string, value: unknown): [string, unknown] {
  if (name === "atMs" || name.endsWith("AtMs")) return [snakeCase(name.slice(0, -2)), typeof value === "number" ? rfc3339(value) : null];
  if (name.endsWith("Ms")) return [`${snakeCase(name.slice(0, -2))}_seconds`, typeof value === "number" ? seconds(value) : null];
  return [snakeCase(name), snakeValue(value)];
}

function snakeValue(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(snakeValue);
  return typeof value === "object" && value !== null ? snakeFields(value) : value;
}

function snakeCase(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
