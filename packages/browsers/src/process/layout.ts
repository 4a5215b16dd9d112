import { join } from "node:path";

/** What lies below a browser's own directory. */
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
export const MARK_VARIABLE = "COFFERDAM_BROWSER";

/** A socket's path has at most 107 bytes, and Chromium makes `/org.chromium.Chromium.XXXXXX/SingletonSocket` below its TMPDIR; if it does not fit it aborts. */
const TEMPORARY_CHARS_MAX = 107 - 45;

/** Chromium's TMPDIR. It starts in its own directory, so that a deep one has a short name too. */
export function temporaryName(directory: string): string {
  const path = temporaryPath(directory);
  return path.length <= TEMPORARY_CHARS_MAX || process.platform !== "linux" ? path : "/proc/self/cwd/t";
}
