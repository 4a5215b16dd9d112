import { homedir } from "node:os";
import { resolve } from "node:path";
import { BrowserError } from "../errors.ts";
import { findProgram, isProgram } from "./find-program.ts";
import { findPackedChromium } from "./packed-chromium.ts";

export interface FoundChromium {
  readonly path: string;
  readonly source: "option" | "CHROMIUM_PATH" | "system" | "playwright" | "@sparticuz/chromium";
}

const SYSTEM_NAMES = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome-headless-shell", "headless_shell"];
const MAC_PATHS = ["/Applications/Chromium.app/Contents/MacOS/Chromium", "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"];

/**
 * The Chromium to use, in this order: the option, CHROMIUM_PATH, the system's, the one that Playwright downloaded, the one in `@sparticuz/chromium`
 * (unpacked once into the user's cache directory, about 3 s). What is named outright must exist: it is never replaced by another one.
 * @throws BrowserError `chromium_not_found`.
 */
export async function findChromium(options: { readonly executablePath?: string; readonly signal?: AbortSignal } = {}): Promise<FoundChromium> {
  if (options.executablePath !== undefined) return named(options.executablePath, "option", "the option executablePath");
  const fromEnvironment = process.env["CHROMIUM_PATH"];
  if (fromEnvironment !== undefined && fromEnvironment !== "") return named(fromEnvironment, "CHROMIUM_PATH", "the environment variable CHROMIUM_PATH");
  const system = SYSTEM_NAMES.map((name) => findProgram(name)).find((path) => path !== null) ?? (process.platform === "darwin" ? MAC_PATHS.find(isProgram) : undefined);
  if (system !== undefined) return { path: system, source: "system" };
  const downloaded = await playwrightPath();
  if (downloaded !== null && isProgram(downloaded)) return { path: downloaded, source: "playwright" };
  const packed = await findPackedChromium(options.signal);
  if (packed !== null) return { path: packed, source: "@sparticuz/chromium" };
  throw new BrowserError(
    "chromium_not_found",
    [
      "no Chromium was found: not in the option executablePath, not in CHROMIUM_PATH,",
      `not on the PATH (${SYSTEM_NAMES.join(", ")}), not among Playwright's downloads (${downloaded ?? homedir()}), and @sparticuz/chromium is not installed.`,
      "Install one of them: `apt-get install chromium`, `npx playwright-core install chromium-headless-shell` or `npm install @sparticuz/chromium`; or set CHROMIUM_PATH.",
    ].join(" "),
  );
}

function named(path: string, source: "option" | "CHROMIUM_PATH", what: string): FoundChromium {
  if (isProgram(path)) return { path: resolve(path), source };
  throw new BrowserError("chromium_not_found", `${what} names ${path}, which is not a program that can be run. Correct it, or leave it out to have one looked for.`);
}

async function playwrightPath(): Promise<string | null> {
  const { chromium } = await import("playwright-core");
  try {
    return chromium.executablePath();
  } catch {
    return null;
  }
}
