// The pages of both sites, as they look on the wire.
import type { Answer } from "workload-stand-in";
import type { Row, World } from "./world.ts";

export const PATHS = {
  robots: "/robots.txt",
  listing: "/marked/kategori/loppemarked",
  detail: "/marked/vis/",
  events: "/wp-json/tribe/events/v1/events",
  geocoder: "/v1/geocode/search",
} as const;

export function html(body: string): Answer {
  return { headers: { "content-type": "text/html; charset=utf-8" }, body: `<!doctype html><html lang="da"><head><title>Marked</title></head><body>${body}</body></html>` };
}

export function json(value: unknown): Answer {
  return { headers: { "content-type": "application/json; charset=utf-8" }, body: JSON.stringify(value) };
}

export function listingPage(rows: readonly Row[], next: string | null): Answer {
  const link = next === null ? "" : `<p class="pages"><a href="${next}">Næste »</a></p>`;
  return html(`<table><tr><th>Marked</th><th>Sted</th><th></th><th></th><th></th><th>Dato</th></tr>${rows.map(listingRow).join("\n")}</table>${link}`);
}

function listingRow({ name, start, end, slug }: Row): string {
  const dates = start === end ? danish(start) : `${danish(start)} til ${danish(end)}`;
  return `<tr><td><a href="${PATHS.detail}${encodeURIComponent(slug)}">${escapeHtml(name)}</a></td><td>København Loppemarked</td><td></td><td>\uE086 \uE115</td><td></td><td>${dates}</td></tr>`;
}

export function detailPage(name: string): Answer {
  return html(`<h1>${escapeHtml(name)}</h1>
<p class="address">Center Boulevard 5</p><p class="city">2300 København S</p>
<div class="content">Alt mellem himmel &amp; jord</div>
<p class="organizer">Markedets venner</p><p class="phone">Tlf. +45 00 00 00 00</p><p class="email">post@example.invalid</p><a class="website" href="https://example.invalid/">Hjemmeside</a>
<p class="hours">10-16</p><p class="fee">Entré 25,50 kr.</p><p class="stalls">Ca. 120 stande</p>
<span class="indoor"></span><span class="toilet-icon"></span><ul class="features"><li>Café</li><li>Elevator</li></ul>`);
}

export type StandInEvent = World["events"][number];

export function eventRecord({ id, address, start, end }: StandInEvent, origin: string): Record<string, unknown> {
  return {
    id: Number(id),
    title: address.name_raw,
    start_date: `${start} 10:00:00`,
    end_date: `${end} 16:00:00`,
    venue: { ...address.venue, latitude: null, longitude: null, region: address.venue.city },
    description: { rendered: "<p>Loppefund &#038; kaffe</p>" },
    category: { name: "Loppemarked" },
    url: `${origin}/event/${id}`,
  };
}

export function featureOf(place: { readonly latitude: number; readonly longitude: number } | undefined): unknown {
  const features = place === undefined ? [] : [{ type: "Feature", properties: {}, geometry: { type: "Point", coordinates: [place.longitude, place.latitude] } }];
  return { type: "FeatureCollection", features };
}

function danish(day: string): string {
  return day.split("-").toReversed().join("-");
}

function escapeHtml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}
