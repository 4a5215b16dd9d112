import type { RuntimeEvent } from "../model/index.ts";

/** The JSON objects in a server-sent event stream; comments, resets and names are left out. */
export async function* serverSentData(chunks: AsyncIterable<Uint8Array>): AsyncIterable<Readonly<Record<string, unknown>>> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of chunks) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split(/\r?\n/);
    rest = lines.pop() ?? "";
    for (const line of lines) {
      const value: unknown = line.startsWith("data:") ? JSON.parse(line.slice(5)) : null;
      if (typeof value === "object" && value !== null && "kind" in value) yield { ...value };
    }
  }
}

/** The wire's event back into the model's: the reverse of the query room's one rule (`…_at` is `…AtMs`, `…_seconds` is `…Ms`). */
export function decodeEvent(view: Readonly<Record<string, unknown>>): RuntimeEvent {
  // The codec of the event stream: formatEvent falls through kinds that it does not know.
  return Object.fromEntries(Object.entries(view).map(([name, value]) => decodeField(name, value))) as unknown as RuntimeEvent;
}

function decodeField(name: string, value: unknown): [string, unknown] {
  if (name === "at" || name.endsWith("_at")) return [`${camelCase(name)}Ms`, typeof value === "string" ? Date.parse(value) : null];
  if (name.endsWith("_seconds")) return [`${camelCase(name.slice(0, -8))}Ms`, typeof value === "number" ? Math.round(value * 1000) : null];
  return [camelCase(name), value];
}

function camelCase(name: string): string {
  return name.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
