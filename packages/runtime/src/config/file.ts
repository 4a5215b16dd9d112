import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { basename, dirname, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { CofferdamError, type BudgetOptions } from "../model/index.ts";
import type { RuntimeOptions } from "../runtime-types.ts";

/** Defaults of `cofferdam exec`. */
export interface ExecOptions extends BudgetOptions {
  /** How long the program may take to end by itself after it is asked to. Default "2s". */
  readonly grace?: string | number;
}

/** What cofferdam.config.ts exports. */
export interface ConfigFileOptions extends RuntimeOptions {
  readonly exec?: ExecOptions;
}

export interface ConfigFile {
  readonly file: string;
  readonly value: unknown;
}

export const CONFIG_FILE_NAMES = ["cofferdam.config.ts", "cofferdam.config.mts", "cofferdam.config.js", "cofferdam.config.mjs", "cofferdam.config.json"] as const;

/**
 * Reads the named config file, or the one in the directory; null when there is none.
 * It is the operator's own program: it is imported into this process.
 * @throws CofferdamError `invalid_config` when it is missing, broken, or not the only one.
 */
export async function loadConfigFile(directory: string, named: string | null): Promise<ConfigFile | null> {
  const file = named === null ? findConfigFile(directory) : resolve(directory, named);
  if (file === null) return null;
  if (!existsSync(file)) throw new CofferdamError("invalid_config", `${file}: there is no such config file`, { hint: "Check --config or COFFERDAM_CONFIG." });
  return { file, value: file.endsWith(".json") ? await readJson(file) : await importDefault(file) };
}

function findConfigFile(directory: string): string | null {
  const found = CONFIG_FILE_NAMES.map((name) => resolve(directory, name)).filter((file) => existsSync(file));
  if (found.length > 1) {
    throw new CofferdamError("invalid_config", `there is more than one config file: ${found.map((file) => basename(file)).join(", ")}`, {
      hint: "Keep one, or name it with --config.",
    });
  }
  return found[0] ?? null;
}

async function readJson(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, "utf8"));
  } catch (error) {
    throw new CofferdamError("invalid_config", `${file}: ${messageOf(error)}`, { hint: "Write a JSON object.", cause: error });
  }
}

async function importDefault(file: string): Promise<unknown> {
  const module: unknown = await import(pathToFileURL(file).href).catch((error: unknown) => {
    throw new CofferdamError("invalid_config", `${whereIn(file, error)}: ${messageOf(error)}`, {
      hint: hintFor(error),
      cause: error,
    });
  });
  if (typeof module === "object" && module !== null && "default" in module) return module.default;
  throw new CofferdamError("invalid_config", `${file}: it has no default export`, { hint: "Write: export default defineConfig({ … })." });
}

function hintFor(error: unknown): string {
  if (/Cannot find package 'cofferdam'/.test(messageOf(error))) return "Install it beside the config file: npm install cofferdam";
  return "The config file could not be loaded; mend it and try again.";
}

/** "file:line:column" when the error's stack names a place in that file. */
function whereIn(file: string, error: unknown): string {
  const stack = error instanceof Error ? (error.stack ?? "") : "";
  const start = stack.indexOf(`${basename(dirname(file))}/${basename(file)}:`);
  const place = start === -1 ? null : /^[^:]*(:\d+(?::\d+)?)/.exec(stack.slice(start));
  return `${file}${place?.[1] ?? ""}`;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? (error.message.split("\n")[0] ?? error.name) : String(error);
}
