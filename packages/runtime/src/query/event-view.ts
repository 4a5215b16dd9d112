import type { RuntimeEvent } from "../model/index.ts";
import { rfc3339, seconds } from "./time.ts";

/** An event as it goes over the wire: `kind`, `at`, and the event's own fields in snake_case. */
export type EventView = { readonly kind: RuntimeEvent["kind"]; readonly at: string } & Readonly<Record<string, unknown>>;

/**
 * One rule for every kind, so that a new event needs no new renderer: camelCase becomes snake_case,
 * `…AtMs` becomes an RFC 3339 `…_at`, `…Ms` becomes `…_seconds`.
 */
export function renderEvent(event: RuntimeEvent): EventView {
  const { kind, atMs, ...fields } = event;
  return { kind, at: rfc3339(atMs), ...Object.fromEntries(Object.entries(fields).map(([name, value]) => renderField(name, value))) };
}

function renderField(name: string, value: unknown): [string, unknown] {
  if (name.endsWith("AtMs")) return [snakeCase(name.slice(0, -2)), typeof value === "number" ? rfc3339(value) : null];
  if (name.endsWith("Ms")) return [`${snakeCase(name.slice(0, -2))}_seconds`, typeof value === "number" ? seconds(value) : null];
  return [snakeCase(name), value];
}

function snakeCase(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
