import { join } from "node:path";

/** What lies below a browser's own directory. The names are short: Chromium makes sockets below its TMPDIR, and a socket's path has at most 107 bytes. */
export function profilePath(directory: string): string {
  return join(directory, "p");
}

export function temporaryPath(directory: string): string {
  return join(directory, "t");
}

export function artifactsPath(directory: string): string {
  return join(directory, "a");
}

export function logPath(directory: string): string {
  return join(directory, "chromium.log");
}

/** Stands in the command line of nearly every process of this browser, and of no other. */
export function profileArgument(directory: string): string {
  return `--user-data-dir=${profilePath(directory)}`;
}

/** Stands in the environment of those that keep it. */
export function temporaryVariable(directory: string): string {
  return `TMPDIR=${temporaryPath(directory)}`;
}
