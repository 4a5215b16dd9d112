import { SourceError } from "../errors.ts";

/** Bodies above this are refused before they are read to their end. */
export const BODY_BYTES_MAX = 4 * 1024 * 1024;

export function parseObject(text: string, what: string): Readonly<Record<string, unknown>> {
  const value = parseJson(text, what);
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new SourceError("malformed", `${what} is not an object`);
  return value as Readonly<Record<string, unknown>>;
}

export function parseList(text: string, what: string): readonly unknown[] {
  const value = parseJson(text, what);
  if (!Array.isArray(value)) throw new SourceError("malformed", `${what} is not a list`);
  return value;
}

function parseJson(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new SourceError("malformed", `${what} is no JSON`, error);
  }
}

export function assertStatus(status: number, what: string): void {
  if (status >= 200 && status < 300) return;
  if (status === 401 || status === 403) throw new SourceError("forbidden", `${what}: status ${status}`);
  throw new SourceError(status === 404 || status === 410 ? "gone" : "status", `${what}: status ${status}`);
}
