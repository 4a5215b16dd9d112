import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readdir } from "node:fs/promises";
import { join, sep } from "node:path";
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
  /** Largest file, and cases and result lines of all. */
  readonly largestBytes: number;
  readonly cases: number;
  /** Of names and contents: equal digests mean equal input. */
  readonly digest: string;
}

export interface InventoryOptions {
  readonly files: readonly string[];
  readonly topology: string | null;
  readonly signal: AbortSignal;
}

/** Looks at every file once, in constant memory. */
export async function takeInventory(directory: string, options: InventoryOptions): Promise<Inventory> {
  const paths = (options.files.length > 0 ? [...options.files] : await listFiles(directory)).sort(byText);
  const digest = createHash("sha256");
  const sizes = new Map<string, number>();
  let cases = 0;
  for (const path of paths.filter((each) => isOrderFile(each) || each.toLowerCase().endsWith(".xml") || options.files.length > 0)) {
    const survey = await surveyFile(join(directory, path), options.signal);
    sizes.set(path, survey.bytes);
    cases += survey.marks;
    digest.update(`${path}\0${survey.bytes}\0${survey.sha256}\0${options.topology ?? ""}\n`);
  }
  const known = [...sizes].map(([path, bytes]) => ({ path, bytes }));
  return {
    orderFiles: known.filter((file) => isOrderFile(file.path)).toSorted((a, b) => compareOrderFiles(a.path, b.path)),
    reports: known.filter((file) => !isOrderFile(file.path)).map((file) => ({ path: file.path, bytes: file.bytes, topology: options.topology ?? topologyOf(file.path) })),
    largestBytes: Math.max(0, ...sizes.values()),
    cases,
    digest: digest.digest("hex"),
  };
}

/** The directory under `junit/`, else `junit`. */
export function topologyOf(path: string): string {
  const parts = path.split("/");
  const junit = parts.lastIndexOf("junit", parts.length - 3);
  return junit === -1 ? "junit" : (parts[junit + 1] ?? "junit");
}

async function listFiles(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name).slice(directory.length).split(sep).join("/").replace(/^\/+/, ""));
}

const MARKS = [Buffer.from("<testcase"), Buffer.from("::")] as const;

/** Counts cases roughly (a result line has "::" twice), enough to choose a lane; hashes on the way. */
async function surveyFile(path: string, signal: AbortSignal): Promise<{ readonly bytes: number; readonly marks: number; readonly sha256: string }> {
  const hash = createHash("sha256");
  const mark = isOrderFile(path) ? MARKS[1] : MARKS[0];
  let bytes = 0;
  let marks = 0;
  for await (const chunk of createReadStream(path, { signal })) {
    if (!Buffer.isBuffer(chunk)) continue;
    bytes += chunk.length;
    hash.update(chunk);
    for (let at = chunk.indexOf(mark); at !== -1; at = chunk.indexOf(mark, at + mark.length)) marks += 1;
  }
  return { bytes, marks: mark === MARKS[1] ? marks / 2 : marks, sha256: hash.digest("hex") };
}

function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
