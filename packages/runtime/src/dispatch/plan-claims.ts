/** What the planner knows of one lane. */
export interface LaneState {
  readonly name: string;
  readonly concurrency: number;
  /** Worker slots in use. */
  readonly running: number;
  readonly paused: boolean;
  /** A claim of this lane is on its way. */
  readonly claiming: boolean;
  /** Work may be waiting: something woke the lane, or the last claim was full. */
  readonly hungry: boolean;
  /** How many leases to ask for per free slot; grows while the lane's jobs are short. */
  readonly ahead: number;
  /** Leases that were claimed before a slot was free. */
  readonly stocked: number;
}

/** A type that limits its own concurrency. */
export interface LimitedType {
  readonly type: string;
  readonly concurrency: number;
  /** Worker slots in use, over all lanes. */
  readonly running: number;
  /** Slots promised to claims that are on their way. */
  readonly reserved: number;
  /** How many leases of it fit one slot. */
  readonly ahead: number;
}

/** How many slots of a type the memory allows in one lane. */
export interface MemorySlots {
  readonly slots: number;
  /** How many leases of it fit one slot. */
  readonly ahead: number;
}

export interface DispatchState {
  readonly lanes: readonly LaneState[];
  readonly limitedTypes: readonly LimitedType[];
  /** Types seen in the queue whose module is not loaded. */
  readonly unknownTypes: Iterable<string>;
  /** By type, for a lane with so many free slots; null while everything fits. */
  readonly memorySlots: ((lane: string) => ReadonlyMap<string, MemorySlots>) | null;
}

export interface PlannedClaim {
  readonly lane: string;
  /** Free worker slots that the leases are for. */
  readonly slots: number;
  /** Leases asked for. */
  readonly limit: number;
  /** Leases that one slot was reckoned to take. */
  readonly ahead: number;
  /** Leases at most, for the types that may not have all of them. */
  readonly perType: ReadonlyMap<string, number>;
  /** Slots of limited types that nobody else may use until this claim is back. */
  readonly reserves: ReadonlyMap<string, number>;
  /** Another claim on its way holds slots of a type that this lane could use: to be planned again when that one is back. */
  readonly denied: boolean;
  /** The memory does not take everything that could be asked for. */
  readonly byMemory: boolean;
}

/** A claim is one transaction and its inputs are held in memory: bounded, and repeated at once when it came back full. */
export const CLAIM_LIMIT_MAX = 256;

/**
 * Chooses what to ask the queue for. Never more than the free slots of a lane can take, nor than the free slots of a type over all lanes.
 * Lanes that come first take what is left of a type; the caller turns the order so that none is always last.
 */
export function planClaims(state: DispatchState): readonly PlannedClaim[] {
  const left = new Map(state.limitedTypes.map((type) => [type.type, Math.max(0, type.concurrency - type.running - type.reserved)]));
  const claims: PlannedClaim[] = [];
  for (const lane of state.lanes) {
    const slots = lane.concurrency - lane.running;
    if (lane.paused || lane.claiming || !lane.hungry) continue;
    if (slots <= 0) {
      const stock = planStock(lane, state);
      if (stock !== null) claims.push(stock);
      continue;
    }
    const limit = Math.min(slots * lane.ahead, CLAIM_LIMIT_MAX);
    const perType = new Map<string, number>();
    const reserves = new Map<string, number>();
    let denied = false;
    for (const type of state.unknownTypes) perType.set(type, 0);
    for (const limited of state.limitedTypes) {
      const granted = Math.min(left.get(limited.type) ?? 0, slots);
      const leases = granted * Math.min(limited.ahead, lane.ahead);
      if (granted < Math.min(limited.concurrency - limited.running, slots)) denied = true;
      if (leases < limit) perType.set(limited.type, leases);
      if (granted === 0) continue;
      reserves.set(limited.type, granted);
      left.set(limited.type, (left.get(limited.type) ?? 0) - granted);
    }
    for (const [type, fitting] of state.memorySlots?.(lane.name) ?? []) {
      const leases = fitting.slots * Math.min(fitting.ahead, lane.ahead);
      if (leases < (perType.get(type) ?? limit)) perType.set(type, leases);
    }
    claims.push({ lane: lane.name, slots, limit, ahead: lane.ahead, perType, reserves, denied, byMemory: state.memorySlots !== null });
  }
  return claims;
}

/** Only jobs of which a slot takes many at once are claimed before a slot is free. */
export const STOCK_AHEAD_MIN = 8;

/** All slots are busy with short jobs and there are more of them: asks for what the slots will want next. Where types are limited or memory is short, nothing is taken early. */
function planStock(lane: LaneState, state: DispatchState): PlannedClaim | null {
  if (lane.ahead < STOCK_AHEAD_MIN || state.limitedTypes.length > 0 || state.memorySlots !== null) return null;
  const most = Math.min(lane.concurrency * lane.ahead, CLAIM_LIMIT_MAX);
  if (lane.stocked * 2 > most) return null;
  const perType = new Map([...state.unknownTypes].map((type) => [type, 0]));
  return { lane: lane.name, slots: 0, limit: most - lane.stocked, ahead: lane.ahead, perType, reserves: new Map(), denied: false, byMemory: false };
}
