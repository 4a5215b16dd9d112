import { accessSync, constants, statSync } from "node:fs";
import { join } from "node:path";

export function findProgram(name: string, path = process.env["PATH"] ?? "/usr/bin:/bin"): string | null {
  return (
    path
      .split(":")
      .filter((directory) => directory !== "")
      .map((directory) => join(directory, name))
      .find(isProgram) ?? null
  );
}

export function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
