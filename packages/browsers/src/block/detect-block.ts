import { readPage, type ReadPage } from "./read-page.ts";
import { MARKERS, MITIGATIONS, PRESENCE, REFUSALS, TRANSPORT_ERRORS, WEAK_SIGNS, type BlockVendor, type Sign } from "./signs.ts";

/** What came back. Everything but the status may be missing. */
export interface Answer {
  /** 0 when there was no answer at all. */
  readonly status: number;
  readonly headers?: Headers | Readonly<Record<string, string | readonly string[] | undefined>>;
  /** The first 256 Ki characters are looked at. */
  readonly body?: string;
  /** The final address, after redirects. */
  readonly url?: string;
  /** Names of the cookies that the site has set. */
  readonly cookies?: readonly string[];
  /** Message or code of the connection's error. */
  readonly error?: string;
}

export interface Block {
  readonly vendor: BlockVendor;
  /**
   * - `mitigation`: a header by which the vendor says that it acted.
   * - `marker`: something that only stands on block pages.
   * - `weak`: a sign that counts only on an error or on a nearly empty page. Never learn from it that a whole brand is protected.
   */
  readonly tier: "mitigation" | "marker" | "weak";
  /** Every sign of that tier that was found, in words. */
  readonly evidence: readonly string[];
}

const BODY_CHARS_MAX = 256 * 1024;
/** A page with less markup and less text than this is nearly empty. */
const SHORT_MARKUP_CHARS = 10_000;
const SHORT_TEXT_CHARS = 1000;

/**
 * Whether a site refused us, for which vendor, and by what it was recognised. That a vendor stands in front of a site is no block.
 * @example detectBlock({ status: 403, headers: { "cf-mitigated": "challenge" } }) // { vendor: "cloudflare", tier: "mitigation", evidence: ["header cf-mitigated"] }
 */
export function detectBlock(answer: Answer): Block | null {
  const seen = look(answer);
  return byTier(MITIGATIONS, "mitigation", seen) ?? byTier(MARKERS, "marker", seen) ?? weakBlock(seen, answer);
}

interface Seen extends ReadPage {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly url: string;
}

function look(answer: Answer): Seen {
  return { status: answer.status, headers: headersOf(answer.headers), ...readPage((answer.body ?? "").slice(0, BODY_CHARS_MAX)), url: answer.url ?? "" };
}

function headersOf(headers: Answer["headers"]): ReadonlyMap<string, string> {
  const entries = headers instanceof Headers ? [...headers] : Object.entries(headers ?? {});
  return new Map(entries.flatMap(([name, value]) => (value === undefined ? [] : [[name.toLowerCase(), typeof value === "string" ? value : value.join(", ")]])));
}

function byTier(signs: readonly Sign[], tier: Block["tier"], seen: Seen): Block | null {
  const found = signs.filter((sign) => matches(sign, seen));
  const vendor = found.find((sign) => sign.vendor !== "unknown")?.vendor ?? found[0]?.vendor;
  return vendor === undefined ? null : { vendor, tier, evidence: found.filter((sign) => sign.vendor === vendor || sign.vendor === "unknown").map(({ name }) => name) };
}

function matches(sign: Sign, seen: Seen): boolean {
  return (
    (sign.statuses?.includes(seen.status) ?? true) &&
    (sign.header === undefined || hasHeader(seen.headers, sign.header)) &&
    (sign.title?.test(seen.title) ?? true) &&
    (sign.markup?.every((pattern) => pattern.test(seen.markup)) ?? true) &&
    (sign.text?.test(seen.text) ?? true) &&
    (sign.url?.test(seen.url) ?? true)
  );
}

function hasHeader(headers: ReadonlyMap<string, string>, [name, value]: readonly [string, RegExp]): boolean {
  if (!name.startsWith("^")) return value.test(headers.get(name) ?? "");
  const pattern = new RegExp(name);
  return [...headers].some(([key, text]) => pattern.test(key) && value.test(text));
}

function weakBlock(seen: Seen, answer: Answer): Block | null {
  const isError = seen.status >= 400;
  if (!isError && !isNearlyEmpty(seen)) return byTransport(answer);
  const signs = byTier(WEAK_SIGNS, "weak", seen);
  const isRefusal = REFUSALS.includes(seen.status);
  if (signs === null && !isRefusal) return byTransport(answer);
  const evidence = [...(signs?.evidence ?? []), ...(isRefusal ? [`status ${seen.status}`] : [])];
  const vendor = signs === null || signs.vendor === "unknown" ? presentVendor(seen, answer.cookies ?? []) : signs.vendor;
  return { vendor, tier: "weak", evidence };
}

/** A login page is short and may have a captcha; it is what was asked for. */
function isNearlyEmpty({ markup, text }: Seen): boolean {
  return markup !== "" && markup.length < SHORT_MARKUP_CHARS && text.length < SHORT_TEXT_CHARS && !/<input\b[^>]{0,500}\btype=["']?(?:password|email)/i.test(markup);
}

function byTransport({ error }: Answer): Block | null {
  const found = TRANSPORT_ERRORS.exec(error ?? "");
  return found === null ? null : { vendor: "unknown", tier: "weak", evidence: [`connection error ${found[0]}`] };
}

function presentVendor(seen: Seen, cookies: readonly string[]): BlockVendor {
  const found = PRESENCE.find(
    ({ header, cookie }) => (header !== undefined && hasHeader(seen.headers, header)) || (cookie !== undefined && cookies.some((name) => cookie.test(name))),
  );
  return found?.vendor ?? "unknown";
}
