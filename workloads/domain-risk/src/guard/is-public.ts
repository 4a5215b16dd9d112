import ipaddr from "ipaddr.js";

/** Whether an address belongs to the public internet. Loopback, private, link-local, carrier, multicast, reserved and embedded IPv4 addresses do not. */
export function isPublicAddress(address: string): boolean {
  const bare = address.replace(/^\[|\]$/g, "").replace(/%.*$/, "");
  if (!ipaddr.isValid(bare)) return false;
  // process() turns ::ffff:127.0.0.1 into 127.0.0.1.
  return ipaddr.process(bare).range() === "unicast";
}
