import { closeSync, openSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Budget, ErrorInfo, ExitStatus } from "../model/index.ts";
import { BEAT_FILE, checkMessage, encodeFrame, FrameReader, parseBeat, type FromWorker, type RawFrame, type ToWorker } from "../wire/index.ts";
import { keepFile, liftPriority, mainThreadSchedule, parseStarvedMs, type KeptFile, type ProcessIdentity } from "../governor/index.ts";
import { captureStack, INSPECTABLE_FLAGS, openInspector, type CapturedStack, type Inspector } from "./capture-stack.ts";
import { openCompartment, type Compartment } from "./compartment.ts";
import type { HeapLook } from "./held-heap.ts";
import { heapFlags, heapLimitBytes, reportFlags, type HeapRoom } from "./heap-flags.ts";
import { takeProfile, type ProfileKind } from "./profile.ts";
import type { Yard } from "./yard.ts";

const extension = import.meta.url.endsWith(".ts") ? ".ts" : ".js";
const WORKER_ENTRY = new URL(`../worker/main${extension}`, import.meta.url).pathname;

export interface WorkerLinkOptions {
  readonly budget: Budget;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly logFile: string;
  /** Where the worker notes the attempt that runs; null for one-off workers. */
  readonly ledgerFile: string | null;
  /** Whether its jobs may leave something for the next one. */
  readonly mayKeep?: boolean;
  /** How much of its budget is its heap's. */
  readonly heapRoom: HeapRoom;
  /** Further flags for its Node. */
  readonly nodeFlags?: readonly string[];
  onMessage(message: FromWorker, payload: Buffer): void;
  /** What it said is no message: nothing more is heard of it. */
  onHungUp(): void;
}

/** A Node worker in its compartment, with the wire to it. */
export interface WorkerLink {
  readonly compartment: Compartment;
  /** Resolves when the program has ended and everything it said has been read. */
  readonly ended: Promise<ExitStatus>;
  send(message: ToWorker, payload?: string | Uint8Array): void;
  /** Takes the stack of its blocked main thread. The log gets some lines of the inspector's from here on. */
  capture(heapLook: HeapLook): Promise<CapturedStack>;
  /** Samples its main thread or its heap; null when it cannot be asked. */
  profile(kind: ProfileKind, durationMs: number): Promise<string | null>;
  /** When its event loop last said that it turns, Unix milliseconds; null before it has, and where it has to say so in messages. */
  beatAtMs(): number | null;
  /** How long its main thread has waited for a CPU so far, ms; null where the kernel does not say. */
  starvedMs(): number | null;
  /** Closes our ends. */
  disconnect(): void;
}

/** Turns of the event loop without a word after which a dead worker has been read to its end: what it wrote is in our socket already. */
const QUIET_TURNS = 3;

const TAMPERED: ErrorInfo = {
  name: "WireError",
  message: "something in the job wrote to descriptor 3, over which its worker speaks to the runtime",
  code: null,
  stack: null,
  retryable: true,
};
const NOTHING = Buffer.alloc(0);

export function startWorkerLink(yard: Yard, options: WorkerLinkOptions): WorkerLink {
  const log = openSync(options.logFile, "a", 0o600);
  let compartment: Compartment;
  try {
    compartment = openCompartment(yard, {
      program: process.execPath,
      args: (scratch) => [
        ...heapFlags(options.budget.memoryBytes, options.heapRoom),
        ...reportFlags(scratch.directory),
        ...INSPECTABLE_FLAGS,
        ...(options.nodeFlags ?? []),
        WORKER_ENTRY,
        options.ledgerFile ?? "",
        options.mayKeep === true ? scratch.directory : "",
      ],
      cwd: options.cwd,
      env: (scratch) => ({ ...options.env, COFFERDAM_SCRATCH_DIR: scratch.tmp }),
      streams: ["ignore", log, log, "pipe"],
      budget: options.budget,
    });
  } finally {
    closeSync(log);
  }
  const heart = keepFile(join(compartment.directory, BEAT_FILE));
  let schedule: KeptFile | null = null;
  const wire = compartment.stream(3);
  const reader = new FrameReader();
  let bytesRead = 0;
  wire?.on("error", () => undefined);
  wire?.on("data", (chunk: Buffer) => {
    bytesRead += chunk.length;
    for (const { header, payload } of cut(chunk)) {
      const message = checkMessage(header);
      if (message === null) return hangUp();
      options.onMessage(message, payload);
    }
  });

  function cut(chunk: Buffer): readonly RawFrame[] {
    try {
      return reader.push(chunk);
    } catch {
      hangUp();
      return [];
    }
  }

  /** A worker that says what is no message was tampered with by its job: nothing it says counts any more. It ends when it finds that nobody listens, which takes a loop that turns. */
  function hangUp(): void {
    wire?.destroy();
    options.onMessage({ kind: "uncaught", error: TAMPERED }, NOTHING);
    options.onHungUp();
  }

  let inspector: Promise<Inspector> | null = null;
  /** It writes its address once, behind this place: later questions look there again. */
  let askedAt: number | null = null;

  function inspectorOf(program: ProcessIdentity): Promise<Inspector> {
    askedAt ??= statSync(options.logFile).size;
    inspector ??= openInspector(program, { file: options.logFile, from: askedAt }, yard.clock).then((opened) => {
      // Another time the machine may be less busy.
      if (opened.url === null) inspector = null;
      return opened;
    });
    return inspector;
  }

  return {
    compartment,
    ended: compartment.ended.then(async (status) => {
      for (let quiet = 0, seen = bytesRead; quiet < QUIET_TURNS; quiet = seen === bytesRead ? quiet + 1 : 0, seen = bytesRead) await nextTurn();
      return status;
    }),
    send(message, payload) {
      if (wire !== null && wire.writable) wire.write(encodeFrame(message, payload));
    },
    async capture(heapLook) {
      const program = compartment.program();
      if (program === null) return { frames: [], nativeCall: false, heap: null };
      compartment.liftPidsLimit();
      liftPriority(program);
      const heap = { limitBytes: heapLimitBytes(options.budget.memoryBytes, options.heapRoom), look: heapLook };
      return captureStack(program, await inspectorOf(program), heap, yard.clock);
    },
    async profile(kind, durationMs) {
      const program = compartment.program();
      const url = program === null ? null : (await inspectorOf(program)).url;
      return url === null ? null : takeProfile(url, kind, durationMs, compartment.ended, yard.clock);
    },
    beatAtMs: () => parseBeat(heart.read()),
    starvedMs() {
      if (schedule === null) {
        const program = compartment.program();
        schedule = program === null ? null : keepFile(mainThreadSchedule(program.pid));
      }
      return parseStarvedMs(schedule?.read() ?? null);
    },
    disconnect() {
      schedule?.close();
      heart.close();
      wire?.destroy();
    },
  };
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
