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
  const host = isIP(domain) === 6 ? `[${domain}]` : NO_NAME.test(domain) ? "" : domainToASCII(domain);
  if (!isHost(host, domain)) return { error: `Invalid domain: ${JSON.stringify(domain.slice(0, 80))} is not a host name` };
  const url = URL.parse(template.replaceAll("{domain}", host));
  return url === null ? { error: `Invalid domain: ${JSON.stringify(domain.slice(0, 80))} gives no address` } : { address: url.href };
}

function isHost(host: string, written: string): boolean {
  if (isIP(written) !== 0) return true;
  // domainToASCII reads "1.2" and "0x7f.1" as addresses; as domains they are none.
  if (host === "" || isIP(host) !== 0 || host.length > HOST_CHARS_MAX) return false;
  const labels = host.replace(/\.$/, "").split(".");
  return labels.length > 1 && labels.every((label) => LABEL.test(label));
}
