import type { DomainRecord } from "../record.ts";
import { chooseLane, LANES, laneOf, type Lane, type Running } from "./lanes.ts";
import type { SlowRegistry } from "./slow-registry.ts";

export interface Taken {
  readonly domain: string;
  readonly lane: Lane;
}

/** The domains of one category that wait, and which of them a free worker takes next. */
export interface DomainQueue {
  take(): Taken | null;
  /** What was taken is done. */
  release(taken: Taken): void;
  waiting(): Running;
}

export interface QueueOptions {
  /** In order. */
  readonly domains: readonly string[];
  readonly known: (domain: string) => DomainRecord | null;
  readonly registry: SlowRegistry;
  readonly workers: number;
  /** fast, medium and slow apart, and siblings one after the other while others wait; else strictly in order. */
  readonly smart: boolean;
  /** Domains of one family share what is learnt of it. */
  readonly familyOf: (domain: string) => string;
}

export function createDomainQueue({ domains, known, registry, workers, smart, familyOf }: QueueOptions): DomainQueue {
  const lanes: Record<Lane, string[]> = { fast: [], medium: [], slow: [] };
  /** Families that are being asked, and how many of each. */
  const families = new Map<string, number>();
  const running: Record<Lane, number> = { fast: 0, medium: 0, slow: 0 };
  for (const domain of domains) lanes[laneOf(domain, known(domain), registry)].push(domain);
  const order = smart ? null : [...domains];
  const waiting = (): Running => ({ fast: lanes.fast.length, medium: lanes.medium.length, slow: lanes.slow.length });

  function takeInOrder(left: string[]): Taken | null {
    const domain = left.shift();
    const lane = LANES.find((each) => domain !== undefined && lanes[each].includes(domain));
    if (domain === undefined || lane === undefined) return null;
    lanes[lane] = lanes[lane].filter((each) => each !== domain);
    return { domain, lane };
  }

  function takeByLane(): Taken | null {
    const lane = chooseLane({ waiting: waiting(), running, workers, workerRatio: registry.workerRatio });
    if (lane === null) return null;
    // While one of a family is asked its siblings wait, if anybody else can be taken: what it teaches may spare them.
    const apart = lanes[lane].findIndex((domain) => !families.has(familyOf(domain)));
    const [domain] = lanes[lane].splice(Math.max(0, apart), 1);
    return domain === undefined ? null : { domain, lane };
  }

  return {
    waiting,
    take() {
      const taken = order === null ? takeByLane() : takeInOrder(order);
      if (taken === null) return null;
      running[taken.lane] += 1;
      const family = familyOf(taken.domain);
      families.set(family, (families.get(family) ?? 0) + 1);
      return taken;
    },
    release({ lane, domain }) {
      running[lane] -= 1;
      const family = familyOf(domain);
      const left = (families.get(family) ?? 1) - 1;
      if (left === 0) families.delete(family);
      else families.set(family, left);
    },
  };
}
