import type { Reader } from "./readers.ts";

/** One row of the table that drives parsing, flags, docs/reference/config.md and `config --show-origin`. */
export interface Setting<Value> {
  /** As written in the config file: "http.port" is `port` in the section `http`. */
  readonly key: string;
  readonly variable: string | null;
  /** As commander wants it, of `start` and `dev` (of `exec` for exec.*). */
  readonly flag: string | null;
  readonly fallback: Value;
  /** The default in words, for the reference. */
  readonly fallbackText: string;
  readonly description: string;
  readonly secret: boolean;
  readonly read: Reader<Value>;
}

export type AnySetting = Setting<unknown>;

export function setting<Value>(key: string, parts: Omit<Setting<Value>, "key" | "secret"> & { readonly secret?: boolean }): Setting<Value> {
  return { secret: false, ...parts, key };
}
