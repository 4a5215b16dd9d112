/** `metadata` with the key of this source replaced and all others as they were; `kept` names members that stay what they were. */
export function mergeMetadata(document: string, source: string, metadata: Readonly<Record<string, unknown>>, kept: readonly string[] = []): string {
  const all = readObject(document);
  const before = asObject(all[source]);
  const keptMembers = Object.fromEntries(kept.filter((name) => name in before).map((name) => [name, before[name]]));
  return JSON.stringify({ ...all, [source]: { ...metadata, ...keptMembers } });
}

export function readObject(document: string): Record<string, unknown> {
  try {
    return asObject(JSON.parse(document));
  } catch {
    return {};
  }
}

function asObject(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : {};
}
