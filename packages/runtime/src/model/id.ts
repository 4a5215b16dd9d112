const PREFIXES = { job: "j", attempt: "a", worker: "w", lease: "l", operation: "o", runtime: "r", request: "q", backup: "b", incident: "i", validation: "v" } as const;

export type IdKind = keyof typeof PREFIXES;

/**
 * A prefixed id that sorts by time: 48 bits of milliseconds and 80 of chance, as in UUIDv7 (the last 20 hex digits carry no version bits).
 * Pure: the caller brings the time and ten random bytes.
 */
export function makeId(kind: IdKind, nowMs: number, random: Uint8Array): string {
  let text = "";
  for (let index = 0; index < 10; index += 1) text += HEX[random[index] ?? 0];
  return `${PREFIXES[kind]}_${nowMs.toString(16).padStart(12, "0")}${text}`;
}

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

const ID_PATTERN = /^[a-z]_[0-9a-f]{32}$/;

export function isId(text: string, kind: IdKind): boolean {
  return ID_PATTERN.test(text) && text.startsWith(`${PREFIXES[kind]}_`);
}
