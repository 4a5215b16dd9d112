import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { addDays, dayIn, dayOfTimestamp, periodOfCell } from "../src/dates.ts";
import { distanceKm } from "../src/distance.ts";
import { toMarketValues, toMetadata } from "../src/markets/market-row.ts";
import { fleamarketId } from "../src/sources/external-id.ts";
import { parseDetail } from "../src/sources/fleamarket-detail.ts";
import { parseListing } from "../src/sources/fleamarket-listing.ts";
import { PageError, type Entry, type Item } from "../src/sources/item.ts";
import { parseEvents } from "../src/sources/loppemarkeder.ts";

const PAGE = "https://site.example/marked/kategori/loppemarked";

function itemOf(entry: Entry | undefined): Item {
  assert.equal(entry?.kind, "item");
  return entry.item;
}

function row(cells: { readonly name?: string; readonly place?: string; readonly icons?: string; readonly dates?: string }): string {
  const { name = '<a href="/m/1">Marked</a>', place = "Slagelse Loppemarked", icons = "", dates = "29-11-2025" } = cells;
  return `<table><tr><td>${name}</td><td>${place}</td><td></td><td>${icons}</td><td></td><td>${dates}</td></tr></table>`;
}

describe("days", () => {
  const cells: readonly (readonly [string, object | null])[] = [
    ["29-11-2025", { start: "2025-11-29", end: "2025-11-29", corrected: false }],
    ["fra 29-11-2025 til 30-11-2025, og 01-12-2025", { start: "2025-11-29", end: "2025-11-30", corrected: false }],
    ["30-11-2025 29-11-2025", { start: "2025-11-30", end: "2025-11-30", corrected: true }],
    ["31-02-2025", null],
    ["29-11-2025 31-02-2025", { start: "2025-11-29", end: "2025-11-29", corrected: false }],
    ["snart", null],
  ];
  for (const [text, expected] of cells) it(`of the cell ${JSON.stringify(text)}`, () => assert.deepEqual(periodOfCell(text), expected));

  it("are those of a time zone, also around its midnight and its change of clocks", () => {
    assert.equal(dayIn("Europe/Copenhagen", new Date("2025-11-28T23:30:00Z")), "2025-11-29");
    assert.equal(dayIn("Europe/Copenhagen", new Date("2025-07-01T21:59:59Z")), "2025-07-01");
    assert.equal(dayIn("Europe/Copenhagen", new Date("2025-07-01T22:00:00Z")), "2025-07-02");
    assert.equal(addDays("2025-03-29", 2), "2025-03-31");
  });

  it("of a timestamp are its date, if there is such a day", () => {
    assert.equal(dayOfTimestamp("2025-11-29 10:00:00"), "2025-11-29");
    assert.equal(dayOfTimestamp("2025-13-01 10:00:00"), null);
    assert.equal(dayOfTimestamp("soon"), null);
    assert.equal(dayOfTimestamp(20251129), null);
  });
});

describe("the listing", () => {
  const namedBy: readonly (readonly [string, string])[] = [
    ['<a href="/m/1"> Et marked </a><strong>Nej</strong>', "Et marked"],
    ['<a href="/m/1"> </a><strong> Stærkt </strong> rest', "Stærkt"],
    [" Kun tekst ", "Kun tekst"],
  ];
  for (const [name, expected] of namedBy) it(`names a market by ${JSON.stringify(name)}`, () => assert.equal(itemOf(parseListing(row({ name }), PAGE).entries[0]).name, expected));

  it("skips rows without a name or a start, and passes over rows that are none", () => {
    const page = `${row({ name: " " })}${row({ dates: "i morgen" })}<table><tr><td>1</td><td>2</td><td>3</td></tr></table>${row({})}`;
    assert.deepEqual(
      parseListing(page, PAGE).entries.map(({ kind }) => kind),
      ["skipped", "skipped", "item"],
    );
  });

  it("reads place, category, icons, link and id", () => {
    const item = itemOf(parseListing(row({ name: '<a href="/m/1#top">Loppemarked i Bella</a>', place: " Høje Taastrup  Kræmmermarked", icons: "\uE115" }), PAGE).entries[0]);
    assert.equal(item.externalId, "Loppemarked_i_Bella_2025-11-29_2025-11-29");
    assert.deepEqual([item.municipality, item.category], ["Høje Taastrup", "Kræmmermarked"]);
    assert.deepEqual([item.hasFood, item.hasParking], [false, true]);
    assert.equal(item.detailUrl, "https://site.example/m/1");
    const alone = itemOf(parseListing(row({ place: "Slagelse", icons: "\uE086" }), PAGE).entries[0]);
    assert.deepEqual([alone.municipality, alone.category, alone.hasFood], ["Slagelse", "Loppemarked", true]);
  });

  it("warns of an end before the start", () => {
    const [entry] = parseListing(row({ dates: "30-11-2025 29-11-2025" }), PAGE).entries;
    assert.equal(entry?.kind === "item" && entry.warning !== null, true);
  });

  it("decodes a name once and keeps how it was written", () => {
    const item = itemOf(parseListing(row({ name: "<a>Loppe- &#038; Kræmmer &amp;amp; co</a>" }), PAGE).entries[0]);
    assert.equal(item.name, "Loppe- & Kræmmer &amp; co");
    assert.equal(item.nameRaw, "Loppe- &#038; Kræmmer &amp;amp; co");
    assert.equal(item.detailUrl, null);
  });

  it("finds the next page, and no other", () => {
    assert.equal(parseListing('<a href="?page=1">«</a><a href="?page=3">Næste »</a>', PAGE).nextUrl, `${PAGE}?page=3`);
    assert.equal(parseListing('<a href="javascript:void(0)">»</a>', PAGE).nextUrl, null);
    assert.equal(parseListing("<p>slut</p>", PAGE).nextUrl, null);
    assert.throws(() => parseListing('{"events":[', PAGE), PageError);
  });

  it("makes ids without spaces and slashes", () => assert.equal(fleamarketId("A/B  C", "2025-01-01", "2025-01-02"), "A_B__C_2025-01-01_2025-01-02"));
});

describe("a detail page", () => {
  it("says everything that it has", () => {
    const details = parseDetail(
      `<p class="location">Parkvej 33</p><p class="postal-code">4200Slagelse</p><div class="description">Gammelt &amp; godt</div><b class="contact-name">Foreningen</b>
       <i class="contact-phone">Tlf.: +45 12-34 (56)</i><i class="contact-email">a@b.example</i><div class="website"><a href="/hjem">her</a></div><i class="opening-hours">10-16</i>
       <i class="entry-fee">Voksne 25,50 kr., børn 10</i><i class="stall-count">ca. 120 stk.</i><i class="indoor-icon"></i><i class="wifi"></i>
       <ul class="amenities"><li> Café </li><li></li><li>Scene</li></ul>`,
      PAGE,
    );
    assert.deepEqual(details, {
      address: "Parkvej 33",
      postalCode: "4200",
      city: "Slagelse",
      description: "Gammelt & godt",
      descriptionRaw: "Gammelt &amp; godt",
      organizerName: "Foreningen",
      organizerPhone: "+45 12-34 56",
      organizerEmail: "a@b.example",
      organizerWebsite: "https://site.example/hjem",
      openingHours: "10-16",
      entryFee: 25.5,
      stallCount: 120,
      hasToilets: false,
      hasWifi: true,
      isIndoor: true,
      isOutdoor: true,
      specialFeatures: '["Café","Scene"]',
    });
  });

  it("says nothing where there is nothing", () => {
    const details = parseDetail("<p>tom</p>", PAGE);
    assert.equal(details.address, null);
    assert.equal(details.entryFee, null);
    assert.deepEqual([details.isIndoor, details.isOutdoor, details.specialFeatures], [false, true, null]);
  });
});

describe("the feed", () => {
  const event = { id: 7, title: "Loppe &#8211; marked", start_date: "2025-11-29 10:00:00", end_date: "2025-11-30 16:00:00", url: "https://site.example/e/7" };
  const read = (...events: readonly unknown[]): readonly Entry[] => parseEvents(JSON.stringify({ events }), PAGE).entries;

  it("reads an event in each of its forms", () => {
    const venue = { address: "Torvet 1", city: "Køge", postal_code: 4600, latitude: "55.45", longitude: 12.18, region: "Køge" };
    const item = itemOf(read({ ...event, title: { rendered: "Loppe &#038; co" }, description: { rendered: "A &amp;amp; B" }, venue, category: { name: "Antik" } })[0]);
    assert.deepEqual([item.externalId, item.name, item.nameRaw, item.category, item.municipality], ["7", "Loppe & co", "Loppe &#038; co", "Antik", "Køge"]);
    assert.deepEqual([item.startDate, item.endDate, item.latitude, item.longitude], ["2025-11-29", "2025-11-30", 55.45, 12.18]);
    assert.deepEqual([item.details.address, item.details.postalCode, item.details.city, item.details.description], ["Torvet 1", "4600", "Køge", "A &amp; B"]);
    assert.equal(itemOf(read({ ...event, venue: [venue, {}] })[0]).details.city, "Køge");
    for (const nowhere of [[], null, false, "her"]) assert.equal(itemOf(read({ ...event, venue: nowhere })[0]).details.address, null);
    assert.equal(itemOf(read({ ...event, category: "Marked" })[0]).category, "Marked");
    assert.equal(itemOf(read(event)[0]).category, "Loppemarked");
    assert.deepEqual([itemOf(read(event)[0]).hasFood, itemOf(read(event)[0]).details.isOutdoor], [false, true]);
  });

  it("fails broken events alone", () => {
    const entries = read(null, event, { ...event, title: null }, { ...event, start_date: "2025-02-31" }, { title: "x" }, [], 5);
    assert.deepEqual(
      entries.map(({ kind }) => kind),
      ["failed", "item", "failed", "failed", "failed", "failed", "failed"],
    );
  });

  it("follows next_rest_url and refuses what is no page", () => {
    assert.equal(parseEvents('{"events":[],"next_rest_url":"https://site.example/x?page=2"}', PAGE).nextUrl, "https://site.example/x?page=2");
    assert.equal(parseEvents('{"events":[]}', PAGE).nextUrl, null);
    for (const text of ["<html>", "[]", '{"events":{}}', '{"events":[{"id":1,']) assert.throws(() => parseEvents(text, PAGE), PageError);
  });

  it("becomes a row: the geocoder's place goes before the source's", () => {
    const item = itemOf(read({ ...event, venue: { address: "Parkvej 33", city: "Slagelse", postal_code: "4200", latitude: 1, longitude: 2 } })[0]);
    const values = toMarketValues(item, { latitude: 55.4, longitude: 11.3 });
    assert.deepEqual([values.address, values.postal_code, values.city, values.latitude, values.longitude], ["Parkvej 33", "4200", "Slagelse", 55.4, 11.3]);
    const own = toMarketValues(item, null);
    assert.deepEqual([own.latitude, own.longitude], [1, 2]);
    const metadata = toMetadata(item, values);
    assert.equal(metadata["name"], "Loppe &#8211; marked");
    for (const absent of ["start_date", "end_date", "created_at", "updated_at"]) assert.equal(absent in metadata, false);
  });
});

describe("distances", () => {
  const axeltorv = { latitude: 55.67616425, longitude: 12.564077596986316 };
  const places: readonly (readonly [string, number, number, string])[] = [
    ["Vanløse Torv", 55.6876395, 12.490418153970278, "4.791"],
    ["Trianglen", 55.69911293385646, 12.577475099112645, "2.686"],
    ["itself", axeltorv.latitude, axeltorv.longitude, "0.000"],
  ];
  for (const [name, latitude, longitude, km] of places) it(`from Axeltorv to ${name}`, () => assert.equal(distanceKm(axeltorv, { latitude, longitude }).toFixed(3), km));
});
