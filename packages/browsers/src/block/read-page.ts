/** A page cut into what the signs look at. */
export interface ReadPage {
  readonly title: string;
  /** Tags and scripts, one after the other, without comments, content security policies and inlined data. */
  readonly markup: string;
  /** What a reader sees. */
  readonly text: string;
}

const TITLE_CHARS_MAX = 500;
/** Their content is not text. */
const OPAQUE = new Set(["script", "style", "template"]);

/** Reads in one pass with no way back: a hostile page costs no more than another one of its size. It is no HTML parser and need not be one. */
export function readPage(body: string): ReadPage {
  if (/^\s*[{[]/.test(body)) return { title: "", markup: body, text: plain(body) };
  const lower = body.toLowerCase();
  const markup: string[] = [];
  const text: string[] = [];
  let title = "";
  let position = 0;
  while (position < body.length) {
    const open = body.indexOf("<", position);
    text.push(body.slice(position, open === -1 ? body.length : open));
    if (open === -1) break;
    if (body.startsWith("<!--", open)) {
      position = after(body.indexOf("-->", open + 4), 3, body.length);
      continue;
    }
    const end = after(body.indexOf(">", open), 1, body.length);
    const tag = body.slice(open, end);
    const name = /^<([a-z][a-z0-9-]{0,30})/i.exec(tag)?.[1]?.toLowerCase() ?? "";
    if (!/^<meta\b/i.test(tag) || !lower.slice(open, end).includes("content-security-policy")) markup.push(withoutData(tag));
    position = end;
    text.push(" ");
    if (name !== "title" && !OPAQUE.has(name)) continue;
    const close = lower.indexOf(`</${name}`, end);
    const content = body.slice(end, close === -1 ? body.length : close);
    if (name !== "title") markup.push(withoutData(content));
    else if (title === "") title = plain(content.slice(0, TITLE_CHARS_MAX));
    position = close === -1 ? body.length : close;
  }
  return { title, markup: markup.join("\n"), text: plain(text.join("")) };
}

function after(index: number, length: number, otherwise: number): number {
  return index === -1 ? otherwise : index + length;
}

function withoutData(markup: string): string {
  return markup.replaceAll(/data:[a-z]{1,20}\/[a-z0-9.+-]{1,60};base64,[a-z0-9+/=]+/gi, "");
}

function plain(text: string): string {
  return text
    .replaceAll(/&#(\d{1,7});/g, (_whole, code: string) => String.fromCodePoint(Math.min(Number(code), 0x10ffff)))
    .replaceAll(/&(?:apos|rsquo|#x27);|’/gi, "'")
    .replaceAll("&amp;", "&")
    .replaceAll(/(?:&nbsp;|\s)+/g, " ")
    .trim();
}
