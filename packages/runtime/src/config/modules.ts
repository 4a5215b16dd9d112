import { readdir, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { CofferdamError } from "../model/index.ts";

const MODULE_PATTERN = /\.(ts|mts|js|mjs)$/;
const NOT_A_JOB = /^[_.]|\.test\.[a-z]+$|\.d\.m?ts$/;

/**
 * The job modules behind paths, as file: URLs, sorted, each once.
 * A file is taken as it is; of a directory the module files directly in it, but not "_*" and "*.test.*".
 * @throws CofferdamError `invalid_config` when a path does not exist or a file is not a module.
 * @example await findJobModules(["./jobs"]) // ["file:///srv/app/jobs/hello.ts"]
 */
export async function findJobModules(paths: readonly (string | URL)[], directory: string = process.cwd()): Promise<readonly string[]> {
  const found: string[] = [];
  for (const path of paths) found.push(...(await modulesAt(toPath(path, directory))));
  return [...new Set(found)].sort();
}

async function modulesAt(path: string): Promise<string[]> {
  const entry = await stat(path).catch((error: unknown) => {
    throw new CofferdamError("invalid_config", `jobs: ${path} does not exist`, {
      hint: "Create it, name another path, or run `cofferdam init` to begin with an example.",
      cause: error,
    });
  });
  if (entry.isDirectory()) return modulesIn(path);
  if (!MODULE_PATTERN.test(path)) throw new CofferdamError("invalid_config", `jobs: ${path} is not a module`, { hint: "Job modules end in .ts, .mts, .js or .mjs." });
  return [pathToFileURL(path).href];
}

async function modulesIn(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { withFileTypes: true });
  return entries.filter((entry) => !entry.isDirectory() && isJobModuleName(entry.name)).map((entry) => pathToFileURL(join(directory, entry.name)).href);
}

export function isJobModuleName(name: string): boolean {
  return MODULE_PATTERN.test(name) && !NOT_A_JOB.test(name);
}

function toPath(path: string | URL, directory: string): string {
  if (path instanceof URL || path.startsWith("file:")) return fileURLToPath(path);
  return resolve(directory, path);
}
