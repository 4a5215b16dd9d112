import {
  createInstance,
  createProcessTable,
  hasCgroups,
  probeCapabilities,
  readMachineOomKills,
  startGuard,
  sweepDeadInstances,
  type Capabilities,
  type Instance,
  type ProcessTable,
  type SweepResult,
  type TierWish,
  removeTreeSync,
} from "../governor/index.ts";
import { systemClock, type Clock } from "../platform/index.ts";

/** Where compartments are made. There is one instance per supervisor process, however many yards it opens. */
export interface Yard {
  readonly instance: Instance;
  readonly capabilities: Capabilities;
  readonly clock: Clock;
  readonly processes: ProcessTable;
  /** Nice value added for what runs inside. */
  readonly nice: number;
  /** Out-of-memory kills anywhere on the machine; `lately`: at most 100 ms ago, for the many who begin together. Null where it is not counted. */
  machineOomKills(when: "now" | "lately"): number | null;
  /** Numbers the compartments of this process. */
  nextNumber(): number;
}

let instance: Instance | null = null;
let lastNumber = 0;
const processes = createProcessTable(systemClock);
const probes = new Map<TierWish, Promise<Capabilities>>();
let isGuarded = false;
let sweeping: Promise<SweepResult> | null = null;

/** Probes the machine (once per process), sweeps what dead supervisors left behind (once), and makes room. */
export async function openYard(options: { readonly tier: TierWish; readonly nice: number }): Promise<Yard & { readonly swept: SweepResult }> {
  let probe = probes.get(options.tier);
  if (probe === undefined) {
    probe = probeCapabilities(options.tier);
    probes.set(options.tier, probe);
  }
  const capabilities = await probe;
  sweeping ??= sweepDeadInstances(capabilities.cgroups, systemClock);
  const swept = await sweeping;
  instance ??= openInstance();
  if (capabilities.pidNamespace === null && hasCgroups(capabilities.cgroups) && !isGuarded) {
    isGuarded = true;
    startGuard(capabilities.cgroups, instance.name);
  }
  return { instance, capabilities, clock: systemClock, processes, nice: options.nice, machineOomKills, nextNumber: nextCompartmentNumber, swept };
}

const LATELY_MS = 100;
let oomKills: { readonly atMs: number; readonly count: number | null } = { atMs: Number.NEGATIVE_INFINITY, count: null };

function machineOomKills(when: "now" | "lately"): number | null {
  const atMs = systemClock.monotonicMs();
  if (when === "now" || atMs - oomKills.atMs > LATELY_MS) oomKills = { atMs, count: readMachineOomKills() };
  return oomKills.count;
}

function nextCompartmentNumber(): number {
  lastNumber += 1;
  return lastNumber;
}

function openInstance(): Instance {
  const own = createInstance();
  process.once("exit", () => void removeTreeSync(own.directory));
  return own;
}
