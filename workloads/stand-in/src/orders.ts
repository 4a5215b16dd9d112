import * as z from "zod";

/** What `POST /__control` takes: which requests are hit, by which fault, how often. */
export interface FaultOrder {
  /** A part of the request's path; every path when left out. */
  readonly path?: string | undefined;
  /** One of the site's faults, a status code such as "503", or "none" to lift what was ordered for the same requests. */
  readonly fault: string;
  /** How many requests it hits, 1 or more; the site's default when left out. */
  readonly count?: number | undefined;
  /** The length of a pause, for the faults that pause. */
  readonly ms?: number | undefined;
  /** A size, for the faults that have one. */
  readonly bytes?: number | undefined;
  /** What else the site tells its requests apart by. */
  readonly [subject: string]: unknown;
}

export function orderShape(faults: readonly string[]): z.ZodType<FaultOrder> {
  const isFault = (name: string): boolean => name === "none" || /^[45]\d\d$/.test(name) || faults.includes(name);
  return z.looseObject({
    path: z.string().optional(),
    fault: z.string().refine(isFault, { error: `one of ${faults.join(", ")}, a status code from 400 to 599, or none` }),
    count: z.number().int().min(1).optional(),
    ms: z.number().min(0).optional(),
    bytes: z.number().int().min(1).optional(),
  });
}

interface Active {
  readonly order: FaultOrder;
  left: number;
}

/** The faults that are on; each counts down with every request that it hits. A later order takes the place of one for the same requests. */
export interface OrderBook {
  set(order: FaultOrder): void;
  take(hits: (order: FaultOrder) => boolean): FaultOrder | null;
}

export function createOrderBook(countDefault: number): OrderBook {
  let active: Active[] = [];
  return {
    set(order) {
      active = active.filter((each) => each.left > 0 && subjectOf(each.order) !== subjectOf(order));
      if (order.fault !== "none") active.push({ order, left: order.count ?? countDefault });
    },
    take(hits) {
      const found = active.find((each) => each.left > 0 && hits(each.order));
      if (found === undefined) return null;
      found.left -= 1;
      return found.order;
    },
  };
}

const HOW: ReadonlySet<string> = new Set(["fault", "count", "ms", "bytes"]);

function subjectOf(order: FaultOrder): string {
  return JSON.stringify(
    Object.entries(order)
      .filter(([key]) => !HOW.has(key))
      .sort(([one], [other]) => (one < other ? -1 : 1)),
  );
}
