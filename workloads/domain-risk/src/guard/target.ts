import { isIP } from "node:net";
import { domainToASCII } from "node:url";

export type Target = { readonly address: string } | { readonly error: string };

const HOST_CHARS_MAX = 253;
/** domainToASCII takes an address apart and keeps the host: what holds one of these is no name. */
const NO_NAME = /[\s/\\?#@:%]/;
const LABEL = /^(?!-)[a-z0-9_-]{1,63}(?<!-)$/;

/**
 * The address of a domain's home page, or why there is none. Names in other alphabets become punycode; an address in place of a name is the guard's matter.
 * @example targetOf("https://{domain}/", "bücher.example") // { address: "https://xn--bcher-kva.example/" }
 */
export function targetOf(template: string, domain: string): Target {
  const host = hostOf(domain);
  if (host === null) return { error: `Invalid domain: ${JSON.stringify(domain.slice(0, 80))} is not a host name` };
  const url = URL.parse(template.replaceAll("{domain}", host));
  return url === null ? { error: `Invalid domain: ${JSON.stringify(domain.slice(0, 80))} gives no address` } : { address: url.href };
}

/** As it stands in an address: in ASCII; null for what is neither a name nor an IP address. */
export function hostOf(written: string): string | null {
  if (isIP(written) !== 0) return isIP(written) === 6 ? `[${written}]` : written;
  // Some characters count for nothing in a name: without them it may be short, and what is written endless.
  if (written.length > HOST_CHARS_MAX || NO_NAME.test(written)) return null;
  const host = domainToASCII(written);
  // domainToASCII reads "1.2" and "0x7f.1" as addresses; as domains they are none.
  if (isIP(host) !== 0 || host.length > HOST_CHARS_MAX) return null;
  const labels = host.replace(/\.$/, "").split(".");
  return labels.length > 1 && labels.every((label) => LABEL.test(label)) ? host : null;
}
