export type Environment = Readonly<Record<string, string | undefined>>;

/** A variable that cannot be used: the message names it and says what it takes. */
export class SettingsError extends Error {
  override readonly name = "SettingsError";
}

/** One row of the table that drives reading, the environment of the workers and the README's reference. */
export interface SettingRow<Variable extends string = string> {
  readonly variable: Variable;
  /** As it would be written in the environment; "" for none. */
  readonly fallback: string;
  readonly description: string;
}

/** @example const ROWS = [setting("PORT", "8000", "port to listen on; 0 picks a free one")] as const; */
export function setting<const Variable extends string>(variable: Variable, fallback: string, description: string): SettingRow<Variable> {
  return { variable, fallback, description };
}

interface Range {
  readonly min?: number;
  readonly max?: number;
}

/** Variables by name; a missing or empty one is its row's fallback. All throw {@link SettingsError} for what they cannot read. */
export interface EnvironmentReader<Variable extends string> {
  text(name: Variable): string;
  /** null when there is neither a value nor a fallback. */
  optional(name: Variable): string | null;
  number(name: Variable, range?: Range): number;
  whole(name: Variable, range?: Range): number;
  /** true, 1, yes, on; false, 0, no, off. */
  boolean(name: Variable): boolean;
  choice<Word extends string>(name: Variable, words: readonly Word[]): Word;
  /** An absolute http or https address. */
  url(name: Variable): string;
}

/**
 * @example
 * const read = readEnvironment(ROWS, process.env);
 * const settings = { port: read.whole("PORT", { min: 0, max: 65_535 }) };
 */
export function readEnvironment<Variable extends string>(rows: readonly SettingRow<Variable>[], environment: Environment): EnvironmentReader<Variable> {
  const written = new Map<string, string>(rows.map(({ variable, fallback }) => [variable, environment[variable]?.trim() || fallback]));
  const text = (name: Variable): string => written.get(name) ?? "";
  const number = (name: Variable, { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY }: Range = {}): number => {
    const value = text(name) === "" ? Number.NaN : Number(text(name));
    if (!Number.isFinite(value) || value < min || value > max) throw refused(name, text(name), `not a number${wordRange(min, max)}`);
    return value;
  };
  return {
    text,
    number,
    optional: (name) => text(name) || null,
    whole(name, range) {
      const value = number(name, range);
      if (!Number.isSafeInteger(value)) throw refused(name, text(name), "not a whole number");
      return value;
    },
    boolean(name) {
      if (/^(true|1|yes|on)$/i.test(text(name))) return true;
      if (/^(false|0|no|off)$/i.test(text(name))) return false;
      throw refused(name, text(name), "neither true nor false");
    },
    choice(name, words) {
      const word = words.find((each) => each === text(name));
      if (word === undefined) throw refused(name, text(name), `none of ${words.join(", ")}`);
      return word;
    },
    url(name) {
      const protocol = URL.parse(text(name))?.protocol;
      if (protocol !== "http:" && protocol !== "https:") throw refused(name, text(name), "not an http address");
      return text(name);
    },
  };
}

/** The same settings for another process: every row as it is written, with some of them replaced (paths made absolute, for example). */
export function writeEnvironment<Variable extends string>(
  rows: readonly SettingRow<Variable>[],
  environment: Environment,
  change: { readonly [Name in Variable]?: string } = {},
): Record<string, string> {
  return { ...Object.fromEntries(rows.map(({ variable, fallback }) => [variable, environment[variable]?.trim() || fallback])), ...change };
}

function refused(name: string, written: string, why: string): SettingsError {
  return new SettingsError(`${name}: ${JSON.stringify(written)} is ${why}`);
}

function wordRange(min: number, max: number): string {
  if (Number.isFinite(min) && Number.isFinite(max)) return ` between ${min} and ${max}`;
  if (Number.isFinite(min)) return ` of at least ${min}`;
  return Number.isFinite(max) ? ` of at most ${max}` : "";
}
