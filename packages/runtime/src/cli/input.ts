import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { text } from "node:stream/consumers";
import { CofferdamError } from "../model/index.ts";
import type { Terminal } from "./terminal.ts";

/**
 * A job's input as JSON text: written out, `@file`, or `-` for standard input. Nothing written is `null`.
 * @throws CofferdamError `invalid_json` when it is not JSON.
 */
export async function readInput(terminal: Terminal, written: string | undefined): Promise<string> {
  if (written === undefined) return "null";
  const json = await readText(terminal, written);
  try {
    JSON.parse(json);
  } catch (error) {
    const where = written === "-" ? "standard input" : written.startsWith("@") ? written.slice(1) : "the input";
    throw new CofferdamError("invalid_json", `${where}: ${error instanceof Error ? error.message : String(error)}`, {
      hint: `Write JSON in quotes, such as '{"name":"you"}', or @file, or - for standard input.`,
      cause: error,
    });
  }
  return json;
}

async function readText(terminal: Terminal, written: string): Promise<string> {
  if (written === "-") return text(process.stdin);
  if (!written.startsWith("@")) return written;
  const file = resolve(terminal.directory, written.slice(1));
  return readFile(file, "utf8").catch((error: unknown) => {
    throw new CofferdamError("invalid_option", `${file} cannot be read`, { hint: "Check the path behind the @.", cause: error });
  });
}
