import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { isOrderFile } from "../order/order-file-name.ts";
import { asBadInput, inputFiles } from "./inventory.ts";

export interface Measured {
  readonly largestBytes: number;
  /** Roughly, and not beyond what is needed to choose a lane. */
  readonly cases: number;
  /** Of names, sizes and times of change: another one means that the input may be another. */
  readonly fingerprint: string;
}

export interface MeasureOptions {
  readonly files: readonly string[];
  readonly signal: AbortSignal;
  /** From here on more need not be counted. */
  readonly enoughBytes: number;
  readonly enoughCases: number;
}

/** How large an input is: decides the lane before anything is parsed. Files that are large by their bytes are not read for it. */
export async function measureInput(directory: string, options: MeasureOptions): Promise<Measured> {
  const fingerprint = createHash("sha256");
  const sizes: { readonly path: string; readonly bytes: number }[] = [];
  for (const path of await inputFiles(directory, options.files)) {
    const found = await stat(join(directory, path)).catch((error: unknown) => {
      throw asBadInput(join(directory, path), error);
    });
    sizes.push({ path, bytes: found.size });
    fingerprint.update(`${path}\0${found.size}\0${found.mtimeMs}\n`);
  }
  const largestBytes = Math.max(0, ...sizes.map(({ bytes }) => bytes));
  let cases = 0;
  if (largestBytes <= options.enoughBytes) {
    for (const { path } of sizes) {
      if (cases > options.enoughCases) break;
      cases += await countMarks(join(directory, path), options.signal);
    }
  }
  return { largestBytes, cases, fingerprint: fingerprint.digest("hex") };
}

/** Counts cases roughly: a result line has "::" twice. */
async function countMarks(path: string, signal: AbortSignal): Promise<number> {
  const mark = Buffer.from(isOrderFile(path) ? "::" : "<testcase");
  let marks = 0;
  try {
    for await (const chunk of createReadStream(path, { signal })) {
      if (Buffer.isBuffer(chunk)) for (let at = chunk.indexOf(mark); at !== -1; at = chunk.indexOf(mark, at + mark.length)) marks += 1;
    }
  } catch (error) {
    throw asBadInput(path, error);
  }
  return isOrderFile(path) ? marks / 2 : marks;
}
