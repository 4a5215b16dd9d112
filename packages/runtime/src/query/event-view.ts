import type { RuntimeEvent } from "../model/index.ts";
import { snakeFields } from "./snake-fields.ts";
import { rfc3339 } from "./time.ts";

/** An event as it goes over the wire: `kind`, `at`, and the event's own fields in snake_case. */
export type EventView = { readonly kind: RuntimeEvent["kind"]; readonly at: string } & Readonly<Record<string, unknown>>;

export function renderEvent(event: RuntimeEvent): EventView {
  const { kind, atMs, ...fields } = event;
  return { kind, at: rfc3339(atMs), ...snakeFields(fields) };
}
