const RELATED_MAX = 20;
const HOST_CHARS_MAX = 50;
/** An address that names its host: `https://host/…` and `//host/…`. */
const WITH_HOST = /^(?:[a-z][a-z0-9+.-]*:)?\/\/([^/?#\\]*)/i;

/**
 * The hosts that links lead to, apart from the page's own. "Own" is asked before a leading `www.` is removed:
 * a link to `www.` + the own domain is a mention of itself.
 * @example relatedDomains(["//www.a.com/x", "https://b.org:8080/"], "a.com") // ["a.com", "b.org"]
 */
export function relatedDomains(hrefs: readonly string[], domain: string): string[] {
  const own = domain.toLowerCase();
  const hosts = new Set<string>();
  for (const href of hrefs) {
    const host = hostOf(href);
    if (host === null || host === own) continue;
    const name = host.startsWith("www.") ? host.slice(4) : host;
    if (name.includes(".") && [...name].length < HOST_CHARS_MAX) hosts.add(name);
  }
  return [...hosts].sort(byCodePoint).slice(0, RELATED_MAX);
}

/** Lower case, without user and port; null where the link names no host. */
function hostOf(href: string): string | null {
  // As browsers do: what stands around an address and line breaks inside it mean nothing.
  const authority = WITH_HOST.exec(href.trim().replaceAll(/[\t\r\n]/g, ""))?.[1];
  if (authority === undefined) return null;
  const host = authority.slice(authority.lastIndexOf("@") + 1).replace(/:\d*$/, "");
  return host === "" ? null : host.toLowerCase();
}

/** Not by UTF-16 units, which sort what lies beyond U+FFFF before U+E000. */
export function byCodePoint(left: string, right: string): number {
  const [a, b] = [[...left], [...right]];
  for (let index = 0; index < Math.min(a.length, b.length); index++) {
    const difference = (a[index]?.codePointAt(0) ?? 0) - (b[index]?.codePointAt(0) ?? 0);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}
