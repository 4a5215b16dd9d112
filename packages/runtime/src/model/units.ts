import { CofferdamError } from "./errors.ts";

const BYTE_UNITS: Readonly<Record<string, number>> = {
  b: 1,
  kb: 1024,
  kib: 1024,
  k: 1024,
  mb: 1024 ** 2,
  mib: 1024 ** 2,
  m: 1024 ** 2,
  gb: 1024 ** 3,
  gib: 1024 ** 3,
  g: 1024 ** 3,
};
const TIME_UNITS_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, min: 60_000, h: 3_600_000, d: 86_400_000 };

/**
 * Reads a size. A number is bytes; a text is a number with `B`, `KB`, `MB` or `GB` (powers of 1024, as in `docker --memory`; `KiB`, `MiB`, `GiB` mean the same).
 * @throws CofferdamError `invalid_option` when it is not a positive, finite size.
 * @example parseBytes("512MB", "memory") // 536870912
 */
export function parseBytes(value: string | number, name: string): number {
  const bytes = parseQuantity(value, BYTE_UNITS, "b");
  if (bytes === undefined || !Number.isFinite(bytes) || bytes <= 0 || bytes > Number.MAX_SAFE_INTEGER) {
    throw new CofferdamError("invalid_option", `${name}: ${describe(value)} is not a size`, { hint: 'Write a positive number with a unit, such as "512MB" or "2GB".' });
  }
  return Math.round(bytes);
}

/**
 * Reads a duration. A number is milliseconds; a text is a number with `ms`, `s`, `m`, `h` or `d`; several may follow each other ("1m30s").
 * @returns whole milliseconds, at most 365 days.
 * @throws CofferdamError `invalid_option` when it is not a positive, finite duration.
 * @example parseDuration("5m", "time") // 300000
 */
export function parseDuration(value: string | number, name: string): number {
  const ms = typeof value === "number" ? value : parseDurationText(value);
  if (ms === undefined || !Number.isFinite(ms) || ms <= 0 || ms > 365 * 86_400_000) {
    throw new CofferdamError("invalid_option", `${name}: ${describe(value)} is not a duration`, {
      hint: 'Write a positive number with a unit, such as "500ms", "30s", "5m" or "2h" (at most 365d).',
    });
  }
  return Math.max(1, Math.round(ms));
}

/**
 * Reads a count.
 * @throws CofferdamError `invalid_option` unless it is a whole number from `min` up.
 */
export function parseCount(value: string | number, name: string, min = 1): number {
  const count = typeof value === "number" ? value : /^\d+$/.test(value.trim()) ? Number(value) : Number.NaN;
  if (!Number.isSafeInteger(count) || count < min) {
    throw new CofferdamError("invalid_option", `${name}: ${describe(value)} is not a whole number of at least ${min}`, {
      hint: `Write a whole number, such as ${Math.max(min, 150)}.`,
    });
  }
  return count;
}

function parseDurationText(text: string): number | undefined {
  const parts = [
    ...text
      .trim()
      .toLowerCase()
      .matchAll(/(\d+(?:\.\d+)?)\s*([a-z]+)\s*/gy),
  ];
  if (parts.length === 0 || parts.map((part) => part[0]).join("") !== text.trim().toLowerCase()) return undefined;
  let total = 0;
  for (const part of parts) {
    const unit = TIME_UNITS_MS[part[2] ?? ""];
    if (unit === undefined) return undefined;
    total += Number(part[1]) * unit;
  }
  return total;
}

function parseQuantity(value: string | number, units: Readonly<Record<string, number>>, fallbackUnit: string): number | undefined {
  if (typeof value === "number") return value;
  const match = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/.exec(value.trim().toLowerCase());
  if (match === null) return undefined;
  const unit = units[match[2] === "" || match[2] === undefined ? fallbackUnit : match[2]];
  return unit === undefined ? undefined : Number(match[1]) * unit;
}

function describe(value: unknown): string {
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}

/** Words a size as people write it: `512 MiB`, `1.5 GiB`. */
export function formatBytes(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  const units = ["KiB", "MiB", "GiB", "TiB"];
  let value = bytes / 1024;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${value >= 100 || Number.isInteger(value) ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}

/** Words a duration as people write it: `350 ms`, `12.5 s`, `3 min 20 s`, `2 h 5 min`. */
export function formatDuration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${Number((ms / 1000).toFixed(1))} s`;
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 60) return joinUnits(`${minutes} min`, Math.round((ms % 60_000) / 1000), "s");
  return joinUnits(`${Math.floor(minutes / 60)} h`, minutes % 60, "min");
}

function joinUnits(head: string, rest: number, unit: string): string {
  return rest === 0 ? head : `${head} ${rest} ${unit}`;
}
