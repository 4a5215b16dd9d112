import { lookup as systemLookup, type LookupAddress, type LookupOptions } from "node:dns";
import { isIP } from "node:net";
import ipaddr from "ipaddr.js";

type Answer = (error: Error | null, address: string | LookupAddress[], family?: number) => void;

/** Whether an address may be asked: pages of the sources must not lead us into our own network. */
export function isPublicAddress(address: string): boolean {
  return ipaddr.isValid(address) && ipaddr.process(address).range() === "unicast";
}

/** A host that is written as an address: there is nothing to look up. */
export function isPrivateLiteral(hostname: string): boolean {
  const bare = hostname.replace(/^\[|\]$/g, "");
  return isIP(bare) !== 0 && !isPublicAddress(bare);
}

/** Looks names up for connections, once, and gives only addresses that may be asked; `trusted` hosts are the configured ones. */
export function createLookup(trusted: ReadonlySet<string>): (hostname: string, options: LookupOptions, answer: Answer) => void {
  return (hostname, options, answer) => {
    systemLookup(hostname, { ...options, all: true }, (error, addresses) => {
      if (error !== null) return answer(error, []);
      const allowed = trusted.has(hostname) ? addresses : addresses.filter(({ address }) => isPublicAddress(address));
      const [first] = allowed;
      if (first === undefined) return answer(new Error(`${hostname} is an address of a private network`), []);
      if (options.all === true) answer(null, allowed);
      else answer(null, first.address, first.family);
    });
  };
}
