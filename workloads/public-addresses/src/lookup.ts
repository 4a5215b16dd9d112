import { lookup as ask, type LookupAddress, type LookupOptions } from "node:dns";

type Answer = (error: NodeJS.ErrnoException | null, address: string | LookupAddress[], family?: number) => void;

/** For `net.connect` and everything that is built on it. Never called for a host that is written as an address: see `addressOf`. */
export type Lookup = (hostname: string, options: LookupOptions, answer: Answer) => void;

/** How a name becomes addresses. */
export type Resolve = (hostname: string, answer: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void) => void;

/** Those of a name's addresses, of both families, that may be connected to. What it throws is the connection's error. */
export type Choose = (hostname: string, addresses: readonly LookupAddress[]) => readonly LookupAddress[];

const askSystem: Resolve = (hostname, answer) => ask(hostname, { all: true }, answer);

/**
 * Looks a name up once for each connection and gives only what was chosen: there is no second look-up that could say something else.
 * @param resolve default: the system's resolver
 */
export function createLookup(choose: Choose, resolve: Resolve = askSystem): Lookup {
  return (hostname, { family, all }, answer) => {
    resolve(hostname, (error, addresses) => {
      if (error !== null) return answer(error, []);
      let chosen: readonly LookupAddress[];
      try {
        chosen = choose(hostname, addresses);
      } catch (refusal) {
        return answer(refusal instanceof Error ? refusal : new Error(String(refusal)), []);
      }
      const fitting = chosen.filter((each) => isOfFamily(each, family));
      const [first] = fitting;
      if (first === undefined) return answer(Object.assign(new Error(`no address of ${hostname}`), { code: "ENOTFOUND" }), []);
      return all === true ? answer(null, fitting) : answer(null, first.address, first.family);
    });
  };
}

function isOfFamily(address: LookupAddress, wanted: LookupOptions["family"]): boolean {
  if (wanted === undefined || wanted === 0) return true;
  return address.family === (wanted === "IPv4" ? 4 : wanted === "IPv6" ? 6 : wanted);
}
