import type { Autopsy, MachineState } from "../model/index.ts";
import { reduceTo } from "./curve.ts";
import type { RecordedFlight } from "./read-flight.ts";

const POINTS_MAX = 120;

/** What a flight file says of an attempt whose supervisor is gone, in the shape in which an autopsy is kept. */
export function autopsyFromDisk(flight: RecordedFlight, found: { readonly logTail: readonly string[]; readonly machineNow: MachineState }): Autopsy {
  return {
    curve: reduceTo(flight.samples, POINTS_MAX),
    curveSource: "flight file",
    tree: flight.tree,
    machineBefore: flight.machineLast,
    machineAfter: found.machineNow,
    kernelLog: null,
    logTail: found.logTail,
    checkpoint: null,
    progressAtMs: null,
    input: null,
    neighbours: [],
    release: flight.release,
  };
}

/** Rises of the machine's counter of out-of-memory kills between two states; null unless both are of one boot and know it. */
export function oomKillRise(before: MachineState | null, after: MachineState): number | null {
  if (before === null || before.bootId !== after.bootId || before.oomKills === null || after.oomKills === null) return null;
  return Math.max(0, after.oomKills - before.oomKills);
}
