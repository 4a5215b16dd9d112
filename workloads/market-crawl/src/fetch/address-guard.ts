import { addressOf, createLookup, isPublicAddress, type Lookup, type Resolve } from "workload-public-addresses";
import { FetchError } from "./fetch-error.ts";

/** Pages of the sources must not lead us into our own network; the hosts that are configured may be there. */
export interface AddressGuard {
  /** @throws FetchError for a host that is itself an address which must not be asked. */
  checkHost(hostname: string): void;
  /** For connections: only addresses that may be asked; fails with a FetchError where there is none. */
  readonly lookup: Lookup;
}

/** @param trusted hosts that may be private @param resolve how names become addresses; replaced in tests */
export function createAddressGuard(trusted: ReadonlySet<string>, resolve?: Resolve): AddressGuard {
  const refuse = (hostname: string): never => {
    throw new FetchError("address", `${hostname} is an address of a private network`);
  };
  return {
    checkHost(hostname) {
      const address = trusted.has(hostname) ? null : addressOf(hostname);
      if (address !== null && !isPublicAddress(address)) refuse(hostname);
    },
    lookup: createLookup((hostname, addresses) => {
      const allowed = trusted.has(hostname) ? addresses : addresses.filter(({ address }) => isPublicAddress(address));
      return allowed.length > 0 ? allowed : refuse(hostname);
    }, resolve),
  };
}
