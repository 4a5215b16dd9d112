// What may be asked. The addresses that a name leads to are looked up once, checked, and the connection is made to exactly these.
import { addressOf, createLookup, isPublicAddress, type Lookup, type Resolve } from "workload-public-addresses";

export class RefusedTarget extends Error {
  override readonly name = "RefusedTarget";
  readonly code = "REFUSED_TARGET";
}

export interface Guard {
  /** @throws RefusedTarget for an address that must not be asked, whatever its name leads to. */
  check(url: URL): void;
  /** @throws RefusedTarget for a host that is itself an address which must not be asked. */
  checkHost(host: string): void;
  /** For `net.connect`: fails for a name of which any address must not be asked. */
  readonly lookup: Lookup;
}

/** @param resolve how names become addresses; replaced in tests */
export function createGuard(allowPrivateTargets: boolean, resolve?: Resolve): Guard {
  const assertPublic = (host: string, addresses: readonly string[]): void => {
    const hidden = allowPrivateTargets ? undefined : addresses.find((address) => !isPublicAddress(address));
    if (hidden !== undefined) throw new RefusedTarget(`Private address refused: ${host}${hidden === host ? "" : ` is ${hidden}`}`);
  };

  const checkHost = (host: string): void => {
    const address = addressOf(host);
    if (address !== null) assertPublic(address, [address]);
  };

  return {
    checkHost,
    check(url) {
      if (url.protocol !== "http:" && url.protocol !== "https:") throw new RefusedTarget(`Address refused: ${url.protocol} is neither http nor https`);
      if (url.username !== "" || url.password !== "") throw new RefusedTarget("Address refused: it has a user or a password in it");
      checkHost(url.hostname);
    },
    lookup: createLookup((hostname, addresses) => {
      // All of them, also those of the other family: a name that leads inside as well is not trusted at all.
      assertPublic(
        hostname,
        addresses.map(({ address }) => address),
      );
      return addresses;
    }, resolve),
  };
}
