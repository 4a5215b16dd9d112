import type { Breaker, BreakerOptions } from "../define.ts";
import type { BreakerNews, BreakerReply } from "../wire/index.ts";
import type { BreakerHost, Breakers } from "./breakers.ts";

/** The breakers of this worker, loaded when a job first asks: most know none. */
export interface LazyBreakers {
  of(key: string, options: BreakerOptions): Breaker;
  answered(reply: BreakerReply): void;
  changed(news: BreakerNews): void;
}

export function createLazyBreakers(host: BreakerHost): LazyBreakers {
  let loading: Promise<Breakers> | null = null;
  let loaded: Breakers | null = null;

  function load(): Promise<Breakers> {
    loading ??= import("./breakers.ts").then(({ createBreakers }) => {
      loaded = createBreakers(host);
      return loaded;
    });
    return loading;
  }

  return {
    of(key, options) {
      const opened = async (): Promise<Breaker> => (await load()).of(key, options);
      return {
        state: async () => (await opened()).state(),
        trip: async (how) => (await opened()).trip(how),
        success: async () => (await opened()).success(),
        failure: async (evidence) => (await opened()).failure(evidence),
      };
    },
    answered: (reply) => loaded?.answered(reply),
    changed: (news) => loaded?.changed(news),
  };
}
