import { createHash } from "node:crypto";
import { open, readdir } from "node:fs/promises";
import { join, sep } from "node:path";
import { BadInputError, messageOf } from "../errors.ts";
import { compareOrderFiles, isOrderFile } from "../order/order-file-name.ts";

export interface InventoryFile {
  /** Relative to the directory, with forward slashes. */
  readonly path: string;
  readonly bytes: number;
}

/** What a job's directory holds, in the order in which it is imported. */
export interface Inventory {
  readonly orderFiles: readonly InventoryFile[];
  readonly reports: readonly (InventoryFile & { readonly topology: string })[];
  readonly largestBytes: number;
  /** Of names and contents: equal digests mean equal input. */
  readonly digest: string;
}

export interface InventoryOptions {
  readonly files: readonly string[];
  readonly topology: string | null;
  readonly signal: AbortSignal;
}

/** Looks at every file once, in constant memory. @throws BadInputError for what is not a file, or not there. */
export async function takeInventory(directory: string, options: InventoryOptions): Promise<Inventory> {
  const digest = createHash("sha256");
  const known: InventoryFile[] = [];
  for (const path of await inputFiles(directory, options.files)) {
    const { bytes, sha256 } = await hashFile(join(directory, path), options.signal);
    known.push({ path, bytes });
    digest.update(`${path}\0${bytes}\0${sha256}\0${options.topology ?? ""}\n`);
  }
  return {
    orderFiles: known.filter((file) => isOrderFile(file.path)).toSorted((a, b) => compareOrderFiles(a.path, b.path)),
    reports: known.filter((file) => !isOrderFile(file.path)).map((file) => ({ path: file.path, bytes: file.bytes, topology: options.topology ?? topologyOf(file.path) })),
    largestBytes: Math.max(0, ...known.map(({ bytes }) => bytes)),
    digest: digest.digest("hex"),
  };
}

/** In the order of their names. Of a directory only what looks like an order file or a report; of chosen files all. */
export async function inputFiles(directory: string, chosen: readonly string[]): Promise<string[]> {
  if (chosen.length > 0) return [...chosen].sort(byText);
  return (await listFiles(directory)).filter((each) => isOrderFile(each) || /\.xml(\.gz)?$/i.test(each)).sort(byText);
}

/** The directory under `junit/`, else `junit`. */
export function topologyOf(path: string): string {
  const parts = path.split("/");
  const junit = parts.lastIndexOf("junit", parts.length - 3);
  return junit === -1 ? "junit" : (parts[junit + 1] ?? "junit");
}

async function listFiles(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true }).catch((error: unknown) => {
    throw asBadInput(directory, error);
  });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name).slice(directory.length).split(sep).join("/").replace(/^\/+/, ""));
}

const PIECE_BYTES = 512 * 1024;

/** One buffer for the whole file: nothing is left for the garbage collector. */
async function hashFile(path: string, signal: AbortSignal): Promise<{ readonly bytes: number; readonly sha256: string }> {
  const hash = createHash("sha256");
  const buffer = Buffer.allocUnsafeSlow(PIECE_BYTES);
  let bytes = 0;
  try {
    await using file = await open(path);
    for (;;) {
      signal.throwIfAborted();
      const { bytesRead } = await file.read(buffer, 0, PIECE_BYTES, null);
      if (bytesRead === 0) break;
      bytes += bytesRead;
      hash.update(buffer.subarray(0, bytesRead));
    }
  } catch (error) {
    throw asBadInput(path, error);
  }
  return { bytes, sha256: hash.digest("hex") };
}

const WHAT_IT_IS: Readonly<Record<string, string>> = {
  EISDIR: "not_a_file: this is a directory",
  ENOENT: "not_found: there is nothing of that name",
  ENOTDIR: "not_found: there is nothing of that name",
  EACCES: "not_readable: the permissions forbid it",
};

/** Reading the same path again will not help; anything else may. */
export function asBadInput(path: string, error: unknown): unknown {
  const what = error instanceof Error && "code" in error ? WHAT_IT_IS[String(error.code)] : undefined;
  return what === undefined ? error : new BadInputError("no_input", `${path}: ${what} (${messageOf(error)})`, error);
}

function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
