import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** A source file of the runtime. `room` is its first folder, "" for the files that stand above the rooms. */
export interface Source {
  readonly path: string;
  readonly room: string;
  readonly text: string;
}

export interface Import {
  readonly line: number;
  readonly specifier: string;
  /** type: gone when it runs. value: loaded. */
  readonly kind: "type" | "value";
}

/** Every *.ts below `directory`, with paths relative to it. */
export function readSources(directory: string): readonly Source[] {
  return readdirSync(directory, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".ts"))
    .sort()
    .map((path) => toSource(path, readFileSync(join(directory, path), "utf8")));
}

export function toSource(path: string, text: string): Source {
  return { path, room: path.includes("/") ? (path.split("/")[0] ?? "") : "", text };
}

const STATEMENT = /^(?:import|export)\s+(type\s+)?(?:([\w*{][^;"']*?)\s+from\s+)?["']([^"']+)["']/gm;
const DYNAMIC = /\bimport\(\s*["']([^"']+)["']/g;

export function readImports(text: string): readonly Import[] {
  const code = blankComments(text);
  const found: Import[] = [];
  for (const match of code.matchAll(STATEMENT)) {
    const names = match[2] ?? "";
    const isType = match[1] !== undefined || (names.startsWith("{") && namesOf(names).every((name) => name.startsWith("type ")));
    found.push({ line: lineOf(code, match.index), specifier: match[3] ?? "", kind: isType ? "type" : "value" });
  }
  for (const match of code.matchAll(DYNAMIC)) found.push({ line: lineOf(code, match.index), specifier: match[1] ?? "", kind: "value" });
  return found;
}

/** Comments become spaces, so that lines keep their numbers and examples are not code. Block comments and whole-line comments only: "//" also stands in addresses. */
export function blankComments(text: string): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\//g, (comment) => comment.replaceAll(/[^\n]/g, " ")).replaceAll(/^\s*\/\/.*$/gm, "");
}

export function lineOf(text: string, index: number): number {
  return text.slice(0, index).split("\n").length;
}

function namesOf(braces: string): readonly string[] {
  return braces
    .slice(1, braces.lastIndexOf("}"))
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
}
