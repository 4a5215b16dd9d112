// Any domain on one port: http://127.0.0.1:PORT/{domain}/
import { gzipSync } from "node:zlib";
import { startStandIn, type Answer, type FaultHandler, type Site, type StandIn, type Visit } from "workload-stand-in";
import { domainRecord, type DomainRecord } from "../record.ts";
import { NO_HAZARDS } from "../score/keywords.ts";
import { LOOPING_PAGE, PUSHY_PAGE, renderChallenge, renderPage, renderShortPage, UNSOLVED_PAGE } from "./render-page.ts";

const HTML = { "content-type": "text/html; charset=utf-8" };
const SHORT_CHARS = 42;
const GIGABYTE = 1024 ** 3;

/** The faults of this site, beside those that every stand-in has (hang, slow, reset, huge, truncated, empty, status codes). */
const FAULTS: Readonly<Record<string, FaultHandler>> = {
  /** Only a browser gets the content. */
  challenge: ({ answer, send }) => send({ status: 403, headers: HTML, body: renderChallenge(textOf(answer)) }),
  /** Nobody gets the content: a browser is kept busy without end. */
  unsolved: ({ send }) => send({ status: 403, headers: HTML, body: UNSOLVED_PAGE }),
  short: ({ send }) => send({ headers: HTML, body: renderShortPage(SHORT_CHARS) }),
  loop: ({ send }) => send({ headers: HTML, body: LOOPING_PAGE }),
  /** The page, then blanks up to `bytes` (1 GB). */
  huge: ({ order, answer, send }) => send({ headers: HTML, body: padded(textOf(answer), order.bytes ?? GIGABYTE) }),
  "redirect-loop": ({ visit, send }) => send({ status: 302, headers: { location: visit.url.pathname }, body: "" }),
  /** Leads to the address in `to`. */
  redirect: ({ order, send }) => send({ status: 302, headers: { location: String(order["to"] ?? "/") }, body: "" }),
  /** A charset that does not exist, bytes that are no UTF-8. */
  "bad-encoding": ({ answer, send }) =>
    send({ headers: { "content-type": "text/html; charset=x-does-not-exist" }, body: Buffer.concat([Buffer.from(textOf(answer)), Buffer.from([0xff, 0xfe, 0xc3, 0x28, 0x80])]) }),
  "bad-gzip": ({ answer, send }) => send({ headers: { ...HTML, "content-encoding": "gzip" }, body: textOf(answer) }),
  /** Some kilobytes that unpack to 200 MB and more. */
  "gzip-bomb": ({ answer, send }) => send({ headers: { ...HTML, "content-encoding": "gzip" }, body: bombOf(textOf(answer)) }),
  /** Popups, dialogs and a download. */
  pushy: ({ visit, send, answer }) => send(visit.headers["upgrade-insecure-requests"] === undefined ? { ...answer, status: 403, body: "" } : { headers: HTML, body: PUSHY_PAGE }),
  /** Begins to answer and never ends. */
  endless: ({ response }) => void response.writeHead(200, HTML).write("<!doctype html><p>begins"),
};

export interface StandInOptions {
  readonly records: readonly DomainRecord[];
  readonly port: number;
}

/** @throws the system's error, for example EADDRINUSE */
export function startDomainStandIn({ records, port }: StandInOptions): Promise<StandIn> {
  const byDomain = new Map(records.map((record) => [record.domain, record]));
  const site: Site = {
    faults: FAULTS,
    hits: (order, visit) => order["domain"] === undefined || order["domain"] === domainOf(visit),
    answer(visit) {
      const domain = domainOf(visit);
      // What a browser asks for by itself is no page.
      if (domain === "" || domain === "favicon.ico") return null;
      return answerOf(byDomain.get(domain) ?? null, domain);
    },
  };
  return startStandIn(site, port);
}

function domainOf({ path }: Visit): string {
  return path.split("/")[1] ?? "";
}

function answerOf(record: DomainRecord | null, domain: string): Answer | Promise<Answer> {
  if (record === null) return { headers: HTML, body: renderPage(unknownDomain(domain)) };
  if (!record.accessible) return failureOf(record.error ?? "");
  const page = renderPage(record);
  if (record.method !== "browser") return { headers: HTML, body: page };
  const status = /\b([45]\d\d)\b/.exec(record.fallback_reason ?? "")?.[1];
  return {
    status: status === undefined || !/\b(HTTP|Client Error|Server Error)\b/.test(record.fallback_reason ?? "") ? 200 : Number(status),
    headers: HTML,
    body: renderChallenge(page),
  };
}

/** An inaccessible record's page fails as the record says. */
function failureOf(error: string): Answer | Promise<Answer> {
  if (error.startsWith("Timeout")) return new Promise(() => {});
  // The server cuts the connection of a request that it cannot answer.
  if (/net::ERR_|refused|reset|DNS/i.test(error)) throw new Error(`${error}: the connection is cut`);
  const chars = /\((\d+) chars/.exec(error)?.[1];
  if (chars !== undefined) return { headers: HTML, body: renderShortPage(Number(chars)) };
  const status = /\bHTTP ([45]\d\d)\b/.exec(error)?.[1];
  return status === undefined ? { headers: HTML, body: "" } : { status: Number(status), headers: HTML, body: `<title>${status}</title>` };
}

function unknownDomain(domain: string): DomainRecord {
  return domainRecord.parse({ domain, accessible: true, ...NO_HAZARDS, related_domains: [] });
}

function textOf({ body }: Answer): string {
  if (typeof body === "string") return body;
  return body instanceof Uint8Array ? Buffer.from(body).toString("utf8") : [...body].map((piece) => Buffer.from(piece).toString("utf8")).join("");
}

function* padded(page: string, bytesMax: number): Generator<string | Uint8Array> {
  yield page;
  const blanks = Buffer.alloc(64 * 1024, " ");
  for (let sent = Buffer.byteLength(page); sent < bytesMax; sent += blanks.length) yield blanks;
}

const BOMB_BYTES = 200 * 1024 ** 2;

function bombOf(page: string): Buffer {
  return gzipSync(Buffer.concat([Buffer.from(page), Buffer.alloc(BOMB_BYTES, " ")]));
}
