import { execFile } from "node:child_process";
import { existsSync, lstatSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { BrowserError, textOf } from "../errors.ts";
import { isProgram } from "./find-program.ts";

const PACKAGE = "@sparticuz/chromium";
const UNPACK_TIMEOUT_MS = 120_000;

/**
 * The Chromium of `@sparticuz/chromium`, unpacked once for each version. The package itself unpacks into TMPDIR, which is another one for every attempt:
 * it is run apart with a TMPDIR in the user's cache directory, and the result is put in place whole.
 */
export async function findPackedChromium(signal?: AbortSignal): Promise<string | null> {
  const entry = resolveEntry();
  if (entry === null) return null;
  const cache = cacheDirectory();
  const place = join(cache, `chromium-${versionOf(entry)}-${process.arch}`);
  const program = join(place, "chromium");
  if (isProgram(program)) return program;
  const fresh = mkdtempSync(join(cache, "unpacking-"));
  try {
    await unpack(entry, fresh, signal);
    moveInto(fresh, place, program);
    return program;
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}

function resolveEntry(): string | null {
  try {
    return import.meta.resolve(PACKAGE);
  } catch {
    return null;
  }
}

function versionOf(entry: string): string {
  const manifest: unknown = JSON.parse(readFileSync(join(dirname(fileURLToPath(entry)), "..", "package.json"), "utf8"));
  return typeof manifest === "object" && manifest !== null && "version" in manifest ? String(manifest.version) : "unknown";
}

/** A directory that only we can write: what stands in it is run later. */
function cacheDirectory(): string {
  const wished = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "cofferdam");
  for (const directory of [wished, join(tmpdir(), `cofferdam-cache-${process.getuid?.() ?? 0}`)]) {
    try {
      mkdirSync(directory, { recursive: true, mode: 0o700 });
      const stat = lstatSync(directory);
      if (stat.isDirectory() && (process.getuid === undefined || stat.uid === process.getuid()) && (stat.mode & 0o022) === 0) return directory;
    } catch {
      // cannot be made here: the next one
    }
  }
  throw new BrowserError(
    "chromium_not_found",
    `${PACKAGE} is installed, but there is no directory to unpack it into: neither ${wished} nor ${tmpdir()} can be used. Set XDG_CACHE_HOME or CHROMIUM_PATH.`,
  );
}

function unpack(entry: string, directory: string, signal: AbortSignal | undefined): Promise<void> {
  const script = "const { default: chromium } = await import(process.argv[1]); await chromium.executablePath();";
  const env = { ...process.env, TMPDIR: directory, NODE_OPTIONS: "" };
  const options = { env, timeout: UNPACK_TIMEOUT_MS, killSignal: "SIGKILL" as const, ...(signal === undefined ? {} : { signal }) };
  return new Promise((resolve, reject) => {
    execFile(process.execPath, ["--input-type=module", "-e", script, entry], options, (error, _stdout, stderr) => {
      if (error === null) resolve();
      else if (signal?.aborted === true) reject(signal.reason);
      else reject(new BrowserError("chromium_not_found", `${PACKAGE} is installed but could not be unpacked into ${directory}: ${stderr.trim() || textOf(error)}`));
    });
  });
}

/** Another process may have been faster: then its result stands. */
function moveInto(fresh: string, place: string, program: string): void {
  try {
    renameSync(fresh, place);
  } catch (error) {
    if (!existsSync(program)) throw error;
  }
}
