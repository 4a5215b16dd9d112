// What may be asked. The addresses that a name leads to are looked up once, checked, and the connection is made to exactly these.
import { lookup, type LookupAddress, type LookupOptions } from "node:dns";
import { isIP } from "node:net";
import { isPublicAddress } from "./is-public.ts";

export class RefusedTarget extends Error {
  override readonly name = "RefusedTarget";
  readonly code = "REFUSED_TARGET";
}

type LookupCallback = (error: NodeJS.ErrnoException | null, address: string | LookupAddress[], family?: number) => void;

export interface Guard {
  /** @throws RefusedTarget for an address that must not be asked, whatever its name leads to. */
  check(url: URL): void;
  /** @throws RefusedTarget for a host that is itself an address which must not be asked. */
  checkHost(host: string): void;
  /** For `net.connect`: fails for a name of which any address must not be asked. */
  readonly lookup: (hostname: string, options: LookupOptions, callback: LookupCallback) => void;
}

export type Resolve = (hostname: string, callback: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void) => void;

const systemResolve: Resolve = (hostname, callback) => lookup(hostname, { all: true }, callback);

/** @param resolve how names become addresses; replaced in tests */
export function createGuard(allowPrivateTargets: boolean, resolve: Resolve = systemResolve): Guard {
  const refusalOf = (host: string, addresses: readonly string[]): RefusedTarget | null => {
    const hidden = allowPrivateTargets ? undefined : addresses.find((address) => !isPublicAddress(address));
    if (hidden === undefined) return null;
    return new RefusedTarget(`Private address refused: ${host}${hidden === host ? "" : ` is ${hidden}`}`);
  };

  const checkHost = (host: string): void => {
    const bare = host.replace(/^\[|\]$/g, "");
    const refusal = isIP(bare) === 0 ? null : refusalOf(bare, [bare]);
    if (refusal !== null) throw refusal;
  };

  return {
    checkHost,
    check(url) {
      if (url.protocol !== "http:" && url.protocol !== "https:") throw new RefusedTarget(`Address refused: ${url.protocol} is neither http nor https`);
      if (url.username !== "" || url.password !== "") throw new RefusedTarget("Address refused: it has a user or a password in it");
      checkHost(url.hostname);
    },
    lookup(hostname, options, callback) {
      resolve(hostname, (error, addresses) => {
        const found = options.family === 4 || options.family === 6 ? addresses?.filter(({ family }) => family === options.family) : addresses;
        if (error !== null) return callback(error, []);
        // All of them, also those of the other family: a name that leads inside as well is not trusted at all.
        const refusal = refusalOf(
          hostname,
          addresses.map(({ address }) => address),
        );
        if (refusal !== null) return callback(refusal, []);
        const [first] = found;
        if (first === undefined) return callback(Object.assign(new Error(`no address of ${hostname}`), { code: "ENOTFOUND" }), []);
        return options.all === true ? callback(null, found) : callback(null, first.address, first.family);
      });
    },
  };
}
