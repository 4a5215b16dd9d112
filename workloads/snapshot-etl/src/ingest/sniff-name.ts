import { readNameCode } from "../mapping/profile.ts";

const NAME = /"NameCode"\s*:\s*("(?:[^"\\]|\\.){1,200}")/;

/** A guess at the profile's name from its first or last bytes, so that a reader can be told "soon". The worker reads the true one. */
export function sniffName(...ends: readonly Uint8Array[]): string | null {
  for (const bytes of ends) {
    const found = NAME.exec(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8"))?.[1];
    if (found === undefined) continue;
    const name = readNameCode(parseQuietly(found));
    if (name !== null) return name;
  }
  return null;
}

function parseQuietly(text: string): string | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "string" ? value : null;
  } catch {
    return null;
  }
}
