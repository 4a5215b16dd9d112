import { startStandIn as start, type Answer, type FaultHandler, type LogLine, type Site, type StandIn, type Visit } from "workload-stand-in";
import { detailPage, eventRecord, featureOf, html, json, listingPage, PATHS } from "./pages.ts";
import type { World } from "./world.ts";

/** Both sources, their robots.txt and the geocoder on one port. */
export interface MarketStandIn extends StandIn {
  readonly fleamarketUrl: string;
  readonly loppemarkederUrl: string;
  readonly geocodeUrl: string;
}

export async function startMarketStandIn(world: World, port = 0): Promise<MarketStandIn> {
  const site = await start({ answer: (visit) => answer(world, visit), faults: FAULTS, log: countByPath } satisfies Site, port);
  return { ...site, fleamarketUrl: site.url + PATHS.listing, loppemarkederUrl: `${site.url}${PATHS.events}?per_page=100`, geocodeUrl: site.url + PATHS.geocoder };
}

function answer(world: World, visit: Visit): Answer | null {
  const { path, url } = visit;
  if (path === PATHS.robots) return { headers: { "content-type": "text/plain" }, body: "User-agent: *\nDisallow: /wp-admin/\n" };
  if (path.startsWith(PATHS.listing)) return listing(world, path);
  if (path.startsWith(PATHS.detail)) return detail(world, path.slice(PATHS.detail.length));
  if (path === PATHS.events) return json(events(world, visit));
  if (path === PATHS.geocoder)
    return url.searchParams.get("apiKey") === null ? { status: 401, body: "a key is needed\n" } : json(featureOf(world.places.get(url.searchParams.get("text") ?? "")));
  return null;
}

function listing(world: World, path: string): Answer | null {
  const number = path === PATHS.listing ? 1 : Number(/^\/side\/(\d+)$/.exec(path.slice(PATHS.listing.length))?.[1]);
  const rows = world.listings[number - 1];
  if (rows === undefined) return null;
  return listingPage(rows, number < world.listings.length ? `${PATHS.listing}/side/${number + 1}` : null);
}

function detail(world: World, slug: string): Answer | null {
  const row = world.listings.flat().find((each) => each.slug === slug);
  return row === undefined ? null : detailPage(row.name);
}

function events(world: World, { url, headers }: Visit): { events: Record<string, unknown>[]; next_rest_url?: string } {
  const origin = `http://${headers.host ?? "localhost"}`;
  const perPage = positive(url.searchParams.get("per_page"), 10);
  const page = positive(url.searchParams.get("page"), 1);
  const shown = world.events.slice((page - 1) * perPage, page * perPage);
  const more = page * perPage < world.events.length ? { next_rest_url: `${origin}${PATHS.events}?per_page=${perPage}&page=${page + 1}` } : {};
  return { events: shown.map((each) => eventRecord(each, origin)), ...more };
}

function positive(written: string | null, fallback: number): number {
  const value = Number(written ?? fallback);
  return Number.isSafeInteger(value) && value > 0 ? value : fallback;
}

/** Changes the events of the answer; what has none stays as it is. */
function withEvents(change: (list: Record<string, unknown>[]) => unknown[]): FaultHandler {
  return async ({ answer: right, visit, send }) => {
    if (visit.path !== PATHS.events || typeof right.body !== "string") return await send(right);
    const page: { events: Record<string, unknown>[] } = JSON.parse(right.body);
    await send({ ...right, body: JSON.stringify({ ...page, events: change(page.events) }) });
  };
}

const FAULTS: Readonly<Record<string, FaultHandler>> = {
  malformed: ({ answer: right, send }) => send({ ...right, body: '{"events":[{"id":1,' }),
  empty: ({ visit, send }) => send(visit.path === PATHS.events ? json({ events: [] }) : visit.path === PATHS.geocoder ? json(featureOf(undefined)) : html("<table></table>")),
  "venue-list": withEvents((list) => list.map((event, index) => (index % 2 === 0 ? { ...event, venue: [event["venue"]] } : { ...event, venue: [] }))),
  "bad-event": withEvents((list) => list.map((event, index) => (index === 1 ? { id: event["id"], title: null, venue: [], start_date: "soon" } : event))),
};

function countByPath(lines: readonly LogLine[]): object {
  const paths: Record<string, number> = {};
  for (const { path } of lines) paths[path] = (paths[path] ?? 0) + 1;
  return { total: lines.length, paths };
}
