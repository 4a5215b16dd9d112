import { join } from "node:path";
import type { Surroundings } from "../governor/index.ts";
import type { FlightSample, MachineState, ProcessShare, TreeListing } from "../model/index.ts";
import type { Clock } from "../platform/index.ts";
import { createCurve, reduceTo } from "./curve.ts";
import { createFlightFile, type FlightFile } from "./flight-file.ts";
import { encodeLine, type FlightLine } from "./lines.ts";

/** What the watch saw in one look. */
export interface FlightLook {
  readonly memoryBytes: number;
  readonly tasks: number;
  readonly outputBytes: number;
  readonly progress: number | null;
  readonly loopSilentMs: number | null;
  /** How far it is into the budget that is used most, 0 to 1; nothing to do with time. */
  readonly share: number;
}

/** What is dear to read and therefore asked for seldom. */
export type FlightSource = () => { readonly shares: readonly ProcessShare[]; readonly openFiles: number | null; readonly cpuSeconds: number | null };

/** The record of one attempt while it runs. */
export interface FlightTrack {
  note(look: FlightLook): void;
  /** Looks at everything once more: the end has been decided, the tree still stands. */
  closeUp(look: FlightLook): void;
  curve(): readonly FlightSample[];
  tree(): TreeListing | null;
  machineBefore(): MachineState | null;
  machineAfter(): MachineState | null;
}

/** All attempts of one worker share its file. */
export interface WorkerFlight {
  begin(attemptId: string, source: FlightSource): FlightTrack;
}

export interface Recorder {
  open(workerId: string): WorkerFlight;
  /** The machine now; read at most every 500 ms. */
  machine(): MachineState;
  /** Resolves when what was noted is with the kernel. */
  close(): Promise<void>;
}

export interface RecorderOptions {
  /** Folder of the files; null keeps everything in memory. */
  readonly directory: string | null;
  readonly clock: Clock;
  readonly surroundings: Surroundings;
  /** What the operator calls the code that runs: a later start, of another release, reads it back. */
  readonly release: string | null;
  onFailure(error: unknown): void;
}

/** Samples kept in memory: one a second, four a second above half of a budget. */
const KEEP_CALM_MS = 1000;
const KEEP_WARM_MS = 250;
/** Samples written: none in the first second of a calm life, then fewer the longer it lasts, and fewer while nothing moves: what was written last is then still true. */
const WRITE_AFTER_MS = 1000;
const WRITE_WARM_MS = 500;
const WRITE_STILL_MS = 5000;
const WRITE_CALM_MS = [
  { untilMs: 60_000, everyMs: 1000 },
  { untilMs: 600_000, everyMs: 5000 },
  { untilMs: Number.POSITIVE_INFINITY, everyMs: 15_000 },
] as const;
/** The list of processes with their memory, and the machine's counters. */
const LIST_CALM_MS = 10_000;
const LIST_WARM_MS = 2000;
const PROCESSES_MAX = 40;
const MACHINE_AGE_MS_MAX = 500;
export const WARM_SHARE = 0.5;
const STORED_POINTS_MAX = 120;

export function createRecorder(options: RecorderOptions): Recorder {
  const { clock, directory, surroundings } = options;
  /** Under way: files themselves belong to their workers, and go with them. */
  const writings = new Set<Promise<void>>();
  let machine: MachineState | null = null;
  let brief = { atMs: Number.NEGATIVE_INFINITY, ...NO_BRIEF };

  function readMachine(): MachineState {
    const atMs = clock.nowMs();
    if (machine === null || atMs - machine.atMs > MACHINE_AGE_MS_MAX) machine = surroundings.read(atMs);
    return machine;
  }

  function readBrief(): typeof NO_BRIEF {
    const atMs = clock.monotonicMs();
    if (atMs - brief.atMs > MACHINE_AGE_MS_MAX) brief = { atMs, ...surroundings.brief() };
    return brief;
  }

  function open(workerId: string): WorkerFlight {
    let file: FlightFile | null = null;
    const write = (line: FlightLine): void => {
      if (directory === null) return;
      file ??= createFlightFile(join(directory, workerId), options.onFailure);
      const writing = file.append(encodeLine(line));
      if (writings.has(writing)) return;
      writings.add(writing);
      void writing.then(() => writings.delete(writing));
    };
    return { begin: (attemptId, source) => beginTrack({ attemptId, source, clock, release: options.release, readMachine, readBrief, write }) };
  }

  return {
    open,
    machine: readMachine,
    async close() {
      await Promise.all(writings);
    },
  };
}

const NO_BRIEF: { readonly availableBytes: number | null; readonly memoryStallPercent: number | null } = { availableBytes: null, memoryStallPercent: null };

interface TrackParts {
  readonly attemptId: string;
  readonly source: FlightSource;
  readonly clock: Clock;
  readonly release: string | null;
  readMachine(): MachineState;
  readBrief(): typeof NO_BRIEF;
  write(line: FlightLine): void;
}

function beginTrack({ attemptId, source, clock, release, readMachine, readBrief, write }: TrackParts): FlightTrack {
  const beganAtMs = clock.monotonicMs();
  const curve = createCurve();
  let keptAtMs = Number.NEGATIVE_INFINITY;
  let wroteAtMs = Number.NEGATIVE_INFINITY;
  let listedAtMs = beganAtMs - LIST_CALM_MS + WRITE_AFTER_MS;
  let written: FlightSample | null = null;
  let tree: TreeListing | null = null;
  let machineBefore: MachineState | null = null;
  let machineAfter: MachineState | null = null;

  function keep(look: FlightLook, listing: Pick<FlightSample, "cpuSeconds" | "openFiles"> | null): FlightSample {
    const { availableBytes, memoryStallPercent } = readBrief();
    const { memoryBytes, tasks, outputBytes, progress, loopSilentMs } = look;
    const sample: FlightSample = {
      atMs: clock.nowMs(),
      memoryBytes,
      tasks,
      cpuSeconds: listing?.cpuSeconds ?? null,
      openFiles: listing?.openFiles ?? null,
      outputBytes,
      progress,
      loopSilentMs: loopSilentMs === null ? null : Math.round(loopSilentMs),
      availableBytes,
      memoryStallPercent,
    };
    curve.add(sample);
    return sample;
  }

  /** The processes by their memory, and what the machine's counters say. */
  function list(taken: TreeListing["taken"]): Pick<FlightSample, "cpuSeconds" | "openFiles"> {
    const { shares, openFiles, cpuSeconds } = source();
    tree = { atMs: clock.nowMs(), processes: shares.slice(0, PROCESSES_MAX), more: Math.max(0, shares.length - PROCESSES_MAX), taken };
    machineAfter = readMachine();
    machineBefore ??= machineAfter;
    write({ kind: "tree", attemptId, tree });
    write({ kind: "machine", attemptId, machine: machineAfter, release });
    return { cpuSeconds: cpuSeconds === null ? null : round(cpuSeconds), openFiles };
  }

  function writeSample(sample: FlightSample, nowMs: number): void {
    write({ kind: "sample", attemptId, sample });
    wroteAtMs = nowMs;
    written = sample;
  }

  function isDue(sample: FlightSample, nowMs: number, isWarm: boolean): boolean {
    const livedMs = nowMs - beganAtMs;
    const isStill = !hasMoved(sample, written);
    if (isWarm && !isStill) return nowMs - wroteAtMs >= WRITE_WARM_MS;
    const everyMs = WRITE_CALM_MS.find(({ untilMs }) => livedMs < untilMs)?.everyMs ?? 0;
    return livedMs >= WRITE_AFTER_MS && nowMs - wroteAtMs >= (isStill ? Math.max(everyMs, WRITE_STILL_MS) : everyMs);
  }

  return {
    note(look) {
      const nowMs = clock.monotonicMs();
      const isWarm = look.share > WARM_SHARE;
      if (nowMs - keptAtMs < (isWarm ? KEEP_WARM_MS : KEEP_CALM_MS)) return;
      keptAtMs = nowMs;
      let listing: ReturnType<typeof list> | null = null;
      if (nowMs - listedAtMs >= (isWarm ? LIST_WARM_MS : LIST_CALM_MS)) {
        listedAtMs = nowMs;
        listing = list("before-the-end");
      }
      const sample = keep(look, listing);
      if (isDue(sample, nowMs, isWarm)) writeSample(sample, nowMs);
    },
    closeUp(look) {
      const sample = keep(look, list("at-the-end"));
      writeSample(sample, clock.monotonicMs());
    },
    curve: () => reduceTo(curve.points(), STORED_POINTS_MAX),
    tree: () => tree,
    machineBefore: () => machineBefore,
    machineAfter: () => machineAfter,
  };
}

function hasMoved(sample: FlightSample, before: FlightSample | null): boolean {
  if (before === null || sample.progress !== before.progress || sample.outputBytes !== before.outputBytes) return true;
  return sample.tasks !== before.tasks || Math.abs(sample.memoryBytes - before.memoryBytes) > before.memoryBytes / 64;
}

function round(value: number): number {
  return Number(value.toFixed(2));
}
