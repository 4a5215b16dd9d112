import { rename } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import { readIfThere } from "../files/read-if-there.ts";
import { writeWhole } from "../files/write-whole.ts";
import { domainRecord, type DomainRecord } from "../record.ts";

const CACHE_FILE = "analysis_cache.json";
const cacheFile = z.object({ analyses: z.record(z.string(), z.unknown()), last_updated: z.string().nullable() });

export interface ReadCache {
  readonly records: ReadonlyMap<string, DomainRecord>;
  /** Where a file lies now that could not be read, in whole or in part. */
  readonly setAside: string | null;
}

/** What cannot be read is set aside, never written over; the records in it that can be read are kept. */
export async function readCache(directory: string, now: Date): Promise<ReadCache> {
  const path = join(directory, CACHE_FILE);
  const text = await readIfThere(path);
  if (text === null) return { records: new Map(), setAside: null };
  const { records, whole } = decodeCache(text);
  if (whole) return { records, setAside: null };
  const setAside = `${path}.unreadable-${now.toISOString().replaceAll(/[:.]/g, "-")}`;
  await rename(path, setAside);
  if (records.size > 0) await writeCache(directory, records, now);
  return { records, setAside };
}

/** Only looks: nothing is set aside. null when there is no cache. */
export async function cacheContents(
  directory: string,
): Promise<{ readonly records: ReadonlyMap<string, DomainRecord>; readonly whole: boolean; readonly lastUpdated: string | null } | null> {
  const text = await readIfThere(join(directory, CACHE_FILE));
  return text === null ? null : { ...decodeCache(text), lastUpdated: cacheFile.safeParse(parseJson(text)).data?.last_updated ?? null };
}

export async function writeCache(directory: string, records: ReadonlyMap<string, DomainRecord>, now: Date): Promise<void> {
  await writeWhole(join(directory, CACHE_FILE), `${JSON.stringify({ analyses: Object.fromEntries(records), last_updated: now.toISOString() })}\n`);
}

function decodeCache(text: string): { readonly records: Map<string, DomainRecord>; readonly whole: boolean } {
  const records = new Map<string, DomainRecord>();
  const parsed = cacheFile.safeParse(parseJson(text));
  if (!parsed.success) return { records, whole: false };
  let whole = true;
  for (const [domain, written] of Object.entries(parsed.data.analyses)) {
    const record = domainRecord.safeParse(written);
    if (record.success) records.set(domain, record.data);
    else whole = false;
  }
  return { records, whole };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
