import * as z from "zod";
import type { Database } from "../database/database.ts";
import type { Place } from "../distance.ts";
import type { HttpClient } from "../fetch/http-client.ts";

export const GEOCODE_RESULTS = ["hit", "found", "not_found", "failed", "off"] as const;
export type GeocodeResult = (typeof GEOCODE_RESULTS)[number];

const TIMEOUT_MS = 10_000;
const CACHE_BUSY_MS = 1000;
/** After so many failures in a row the rest of the run goes without: a geocoder that is down must not cost 10 s for every item. */
const FAILURES_MAX = 3;

const answer = z.looseObject({
  features: z.array(z.looseObject({ geometry: z.looseObject({ coordinates: z.tuple([z.number().min(-180).max(180), z.number().min(-90).max(90)], z.unknown()) }) })),
});

export interface GeocoderOptions {
  readonly database: Database;
  readonly client: HttpClient;
  readonly url: string;
  /** null: it is off. */
  readonly key: string | null;
  readonly signal: AbortSignal;
  readonly onResult: (result: GeocodeResult) => void;
}

export interface Geocoder {
  /** Never fails, and never takes longer than 10 s: where a place is not known it is null. */
  locate(address: string): Promise<Place | null>;
}

export function createGeocoder(options: GeocoderOptions): Geocoder {
  const { key, onResult, signal } = options;
  let failures = 0;
  return {
    async locate(address) {
      if (address === "") return null;
      if (key === null || failures >= FAILURES_MAX) {
        onResult("off");
        return null;
      }
      const bound = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]);
      try {
        const { result, place } = await within(bound, locateOnce(options, `${address}, Denmark`, key, bound));
        failures = 0;
        onResult(result);
        return place;
      } catch {
        signal.throwIfAborted();
        failures += 1;
        onResult("failed");
        return null;
      }
    },
  };
}

interface Located {
  readonly result: GeocodeResult;
  readonly place: Place | null;
}

async function locateOnce({ database, client, url }: GeocoderOptions, query: string, key: string, signal: AbortSignal): Promise<Located> {
  const known = await database.read.selectFrom("geocode_cache").selectAll().where("query", "=", query).executeTakeFirst();
  if (known !== undefined) return { result: "hit", place: placeOf(known.latitude, known.longitude) };
  const asked = `${url}${url.includes("?") ? "&" : "?"}text=${encodeURIComponent(query)}&filter=countrycode:dk&apiKey=${encodeURIComponent(key)}`;
  const place = readAnswer(await client.get(asked, { signal, timeoutMs: TIMEOUT_MS }));
  const row = { query, latitude: place?.latitude ?? null, longitude: place?.longitude ?? null, fetched_at: new Date().toISOString() };
  // A cache that cannot be written now costs another question later, nothing else.
  const options = { busyMs: CACHE_BUSY_MS };
  await database
    .write(
      (transaction) =>
        transaction
          .insertInto("geocode_cache")
          .values(row)
          .onConflict((conflict) => conflict.column("query").doUpdateSet(row))
          .execute(),
      options,
    )
    .catch(() => undefined);
  return { result: place === null ? "not_found" : "found", place };
}

function readAnswer({ status, body }: { readonly status: number; readonly body: string }): Place | null {
  if (status !== 200) throw new Error(`the geocoder answered ${status}`);
  const [first] = answer.parse(JSON.parse(body)).features;
  if (first === undefined) return null;
  const [longitude, latitude] = first.geometry.coordinates;
  return { latitude, longitude };
}

function placeOf(latitude: number | null, longitude: number | null): Place | null {
  return latitude === null || longitude === null ? null : { latitude, longitude };
}

/** What does not listen to the signal is not waited for either. */
function within<Result>(signal: AbortSignal, work: Promise<Result>): Promise<Result> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason instanceof Error ? signal.reason : new Error("aborted"));
    signal.addEventListener("abort", abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}
