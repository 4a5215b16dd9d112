import type { KernelRises } from "../model/index.ts";
import type { Compartment } from "./compartment.ts";

/** Whose a rise of the kernel's counters is: they count for the whole worker, as long as it lives, and an attempt answers only for itself. */
export interface KernelAccount {
  /** Nobody runs, and somebody is about to. */
  begin(): void;
  /** What rose since the running attempt began. */
  ofRunning(): KernelRises;
  /** The running attempt has ended: what rose in it. The next one begins. */
  close(): KernelRises;
  /** The running attempt has ended, and nobody asks: a read would be dear for each of many short ones. */
  pass(): void;
}

export function createKernelAccount(compartment: Pick<Compartment, "ownRises" | "countFromHere">): KernelAccount {
  /** Attempts have passed since the last read. */
  let hasPassed = false;

  function begin(): void {
    compartment.countFromHere();
    hasPassed = false;
  }

  function ofRunning(): KernelRises {
    // What rose until now may be of one that passed: nobody can say whose, so it is nobody's.
    if (hasPassed) begin();
    return compartment.ownRises();
  }

  return {
    begin,
    ofRunning,
    close() {
      const rises = ofRunning();
      begin();
      return rises;
    },
    pass() {
      hasPassed = true;
    },
  };
}
