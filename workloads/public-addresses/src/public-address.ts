import { isIP } from "node:net";
import ipaddr from "ipaddr.js";

/** All that has ever been given out as global unicast (RFC 4291, 2.4). What is outside of it and has no name yet is not public either: `::10.0.0.1`, for example. */
const GLOBAL_UNICAST = ipaddr.IPv6.parseCIDR("2000::/3");

/** Whether an address belongs to the public internet. Text that is no address does not, nor does an address with a zone. @example isPublicAddress("::ffff:10.0.0.1"); // false */
export function isPublicAddress(address: string): boolean {
  const written = isIP(address) === 6 ? withoutDots(address) : address;
  if (isIP(written) === 0) return false;
  // ::ffff:7f00:1 is 127.0.0.1.
  const read = ipaddr.process(written);
  if (read.range() !== "unicast") return false;
  return read instanceof ipaddr.IPv4 || read.match(GLOBAL_UNICAST);
}

/** The address that a URL's host is, without brackets; null for a name. @example addressOf(new URL("http://0x7f.1/").hostname); // "127.0.0.1" */
export function addressOf(hostname: string): string | null {
  const bare = hostname.replace(/^\[|\]$/g, "");
  return isIP(bare) === 0 ? null : bare;
}

/** As URLs write it: ipaddr.js would take `::10.0.0.1` for `::ffff:10.0.0.1`, and the kernel does not. "" for one with a zone. */
function withoutDots(address: string): string {
  return addressOf(URL.parse(`http://[${address}]/`)?.hostname ?? "") ?? "";
}
