import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { CofferdamError, parseBytes, parseCount, parseDuration, suggestName } from "../model/index.ts";

/** What a reader may know besides the value. */
export interface ReadContext {
  /** How an error names the value. */
  readonly name: string;
  readonly directory: string;
}

export type Reader<Value> = (written: unknown, context: ReadContext) => Value;

export interface Token {
  readonly token: string;
  readonly role: "read" | "operate" | "admin";
}

const ROLES = ["read", "operate", "admin"] as const;
const NAME_PATTERN = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;

function refuse(context: ReadContext, problem: string, hint: string): CofferdamError {
  return new CofferdamError("invalid_option", `${context.name}: ${problem}`, { hint });
}

export function show(value: unknown): string {
  if (typeof value === "number" || value === undefined) return String(value);
  return JSON.stringify(value) ?? typeof value;
}

function textOrNumber(written: unknown, context: ReadContext, example: string): string | number {
  if (typeof written === "string" || typeof written === "number") return written;
  throw refuse(context, `${show(written)} is neither a text nor a number`, `For example ${example}.`);
}

export const readBytes: Reader<number> = (written, context) => parseBytes(textOrNumber(written, context, '"512MB"'), context.name);

export const readDuration: Reader<number> = (written, context) => parseDuration(textOrNumber(written, context, '"30s"'), context.name);

/** A limit of a budget: null or "none" lifts it. */
export function readLimit(read: Reader<number>): Reader<number | null> {
  return (written, context) => (written === null || written === "none" ? null : read(written, context));
}

/** A share of something, 0 to 1. */
export const readShare: Reader<number> = (written, context) => {
  const share = typeof written === "string" && written.trim() !== "" ? Number(written) : written;
  if (typeof share === "number" && share >= 0 && share <= 1) return share;
  throw refuse(context, `${show(written)} is not a number from 0 to 1`, "For example 0.1 for a tenth.");
};

export function readCount(min: number, max: number): Reader<number> {
  return (written, context) => {
    const count = parseCount(textOrNumber(written, context, String(Math.max(min, 1))), context.name, min);
    if (count > max) throw refuse(context, `${count} is more than ${max}`, `Write a whole number from ${min} to ${max}.`);
    return count;
  };
}

export function readChoice<const Choice extends string>(choices: readonly Choice[]): Reader<Choice> {
  return (written, context) => {
    const found = choices.find((choice) => choice === written);
    if (found === undefined)
      throw refuse(context, `${show(written)} is not one of ${choices.join(", ")}${suggestName(String(written), choices)}`, `Write one of: ${choices.join(", ")}.`);
    return found;
  };
}

export const readSwitch: Reader<boolean> = (written, context) => {
  if (typeof written === "boolean") return written;
  if (written === "on" || written === "true" || written === "1") return true;
  if (written === "off" || written === "false" || written === "0") return false;
  throw refuse(context, `${show(written)} is neither on nor off`, 'Write "on" or "off".');
};

export const readText: Reader<string> = (written, context) => {
  if (typeof written === "string" && written.trim() !== "") return written.trim();
  throw refuse(context, `${show(written)} is not a text`, "Write a text that is not empty.");
};

export const readPath: Reader<string> = (written, context) => toPath(written, context);

function toPath(written: unknown, context: ReadContext): string {
  const text = written instanceof URL ? written.href : written;
  if (typeof text !== "string" || text === "") throw refuse(context, `${show(written)} is not a path`, 'Write a path such as "./jobs".');
  if (text.startsWith("file:")) return fileURLToPath(text);
  if (/^[a-z]{2,}:\/\//i.test(text)) throw refuse(context, `${show(text)} is not on this machine`, "Only paths and file: URLs can be used.");
  return resolve(context.directory, text);
}

/** Paths as a list, or as one text with commas (as in the environment). */
export const readPaths: Reader<readonly string[]> = (written, context) => {
  const list: unknown = typeof written === "string" ? splitList(written) : written;
  if (!Array.isArray(list) || list.length === 0) throw refuse(context, `${show(written)} is not a list of paths`, 'For example jobs: ["./jobs"].');
  return list.map((path: unknown) => toPath(path, context));
};

/** The name of an app; null and "none" name none. */
export const readAppName: Reader<string | null> = (written, context) => {
  if (written === null || written === "none") return null;
  if (typeof written === "string" && /^[a-z0-9][a-z0-9-]{0,49}$/.test(written)) return written;
  throw refuse(context, `${show(written)} is not the name of an app`, "Small letters, digits and dashes.");
};

export const readTexts: Reader<readonly string[]> = (written, context) => {
  const list: unknown = typeof written === "string" ? splitList(written) : written;
  if (!Array.isArray(list)) throw refuse(context, `${show(written)} is not a list`, 'For example ["jobs.example.org"].');
  return list.map((item: unknown) => readText(item, context));
};

export function splitList(text: string): string[] {
  return text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
}

export const readTokens: Reader<readonly Token[]> = (written, context) => {
  if (!Array.isArray(written)) throw refuse(context, "tokens must be a list", 'For example tokens: [{ token: "…", role: "operate" }].');
  return written.map((item: unknown, index) => readToken(item, { ...context, name: `${context.name} (entry ${index + 1})` }));
};

function readToken(written: unknown, context: ReadContext): Token {
  const hint = 'For example { token: "…", role: "operate" }.';
  if (typeof written !== "object" || written === null) throw refuse(context, "is not an object with token and role", hint);
  for (const key of Object.keys(written)) {
    if (key !== "token" && key !== "role")
      throw new CofferdamError("unknown_option", `${context.name}: there is no "${key}" in a token${suggestName(key, ["token", "role"])}`, { hint });
  }
  const token: unknown = "token" in written ? written.token : undefined;
  // The value itself is a secret: it never appears in a message.
  if (typeof token !== "string" || !/^[\x21-\x7e]{16,512}$/.test(token)) {
    throw refuse(context, "the token must be 16 to 512 printable characters without spaces", "For example the output of: openssl rand -hex 32");
  }
  return { token, role: readChoice(ROLES)("role" in written ? written.role : undefined, { ...context, name: `${context.name} role` }) };
}

/** What is written of a lane; null: found out on the machine that it runs on. */
export interface WrittenLane {
  readonly concurrency: number;
  readonly memoryBytes: number | null;
}

const LANE_KEYS = ["concurrency", "memory"];

/** One lane, as `{ concurrency: 4, memory: "2GB" }` (file) or `4` (environment, flag). */
export function readLane(concurrencyDefault: number): Reader<WrittenLane> {
  return (written, context) => {
    const read = readCount(0, 1000);
    if (typeof written !== "object" || written === null) return { concurrency: read(written, context), memoryBytes: null };
    for (const key of Object.keys(written)) {
      if (!LANE_KEYS.includes(key))
        throw new CofferdamError("unknown_option", `${context.name}: there is no "${key}" in a lane${suggestName(key, LANE_KEYS)}`, {
          hint: `A lane has: ${LANE_KEYS.join(", ")}.`,
        });
    }
    const concurrency: unknown = "concurrency" in written ? written.concurrency : undefined;
    const memory: unknown = "memory" in written ? written.memory : undefined;
    return {
      concurrency: concurrency === undefined ? concurrencyDefault : read(concurrency, { ...context, name: `${context.name} concurrency` }),
      memoryBytes: memory === undefined || memory === null ? null : readBytes(memory, { ...context, name: `${context.name} memory` }),
    };
  };
}

export function laneConcurrencyDefault(cpus: number): number {
  return Math.max(2, cpus);
}

export function checkLaneName(name: string, place: string): void {
  if (NAME_PATTERN.test(name)) return;
  throw new CofferdamError("invalid_option", `${place}: ${show(name)} is not a lane name`, {
    hint: "Use letters, digits, dots, dashes and underscores, starting with a letter or digit; at most 100 characters.",
  });
}
