import { closeSync, openSync } from "node:fs";
import type { Budget, ExitStatus } from "../model/index.ts";
import { encodeFrame, FrameReader, type FromWatchdog, type FromWorker, type RawFrame, type ToWorker } from "../wire/index.ts";
import { openCompartment, type Compartment } from "./compartment.ts";
import { heapFlags, reportFlags } from "./heap-flags.ts";
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
  onMessage(message: FromWorker, payload: Buffer): void;
}

export interface CapturedStack {
  readonly frames: readonly string[];
  readonly nativeCall: boolean;
}

/** A Node worker in its compartment, with the wire to its main thread and the one to its watchdog thread. */
export interface WorkerLink {
  readonly compartment: Compartment;
  /** Resolves when the program has ended and everything it said has been read. */
  readonly ended: Promise<ExitStatus>;
  send(message: ToWorker, payload?: string | Uint8Array): void;
  /** Resolves with nothing to show when the watchdog does not answer; bound it. */
  capture(): Promise<CapturedStack>;
  /** Closes our ends. */
  disconnect(): void;
}

/** Turns of the event loop without a word after which a dead worker has been read to its end: what it wrote is in our socket already. */
const QUIET_TURNS = 3;

export function startWorkerLink(yard: Yard, options: WorkerLinkOptions): WorkerLink {
  const log = openSync(options.logFile, "a", 0o600);
  let compartment: Compartment;
  try {
    compartment = openCompartment(yard, {
      program: process.execPath,
      args: (scratch) => [
        ...heapFlags(options.budget.memoryBytes),
        ...reportFlags(scratch.directory),
        "--disable-sigusr1",
        "--enable-source-maps",
        WORKER_ENTRY,
        options.ledgerFile ?? "",
      ],
      cwd: options.cwd,
      env: (scratch) => ({ ...options.env, COFFERDAM_SCRATCH_DIR: scratch.tmp }),
      streams: ["ignore", log, log, "pipe", "pipe"],
      budget: options.budget,
    });
  } finally {
    closeSync(log);
  }
  const wire = compartment.stream(3);
  const watchdog = compartment.stream(4);
  const reader = new FrameReader();
  let bytesRead = 0;
  wire?.on("error", () => undefined);
  wire?.on("data", (chunk: Buffer) => {
    bytesRead += chunk.length;
    for (const frame of cut(reader, chunk)) options.onMessage(frame.header as FromWorker, frame.payload);
  });

  /** A worker whose stream is not made of frames was tampered with by its job: nothing it says counts any more. */
  function cut(frames: FrameReader, chunk: Buffer): RawFrame[] {
    try {
      return frames.push(chunk);
    } catch {
      wire?.destroy();
      return [];
    }
  }

  const captures = new Map<number, (stack: CapturedStack) => void>();
  const watchdogReader = new FrameReader();
  let lastRequest = 0;
  watchdog?.on("error", () => undefined);
  watchdog?.on("data", (chunk: Buffer) => {
    for (const frame of watchdogReader.push(chunk)) {
      const message = frame.header as FromWatchdog;
      captures.get(message.request)?.(message);
      captures.delete(message.request);
    }
  });

  return {
    compartment,
    ended: compartment.ended.then(async (status) => {
      for (let quiet = 0, seen = bytesRead; quiet < QUIET_TURNS; quiet = seen === bytesRead ? quiet + 1 : 0, seen = bytesRead) await nextTurn();
      return status;
    }),
    send(message, payload) {
      if (wire !== null && wire.writable) wire.write(encodeFrame(message, payload));
    },
    capture() {
      lastRequest += 1;
      const request = lastRequest;
      return new Promise((resolve) => {
        captures.set(request, resolve);
        if (watchdog !== null && watchdog.writable) watchdog.write(encodeFrame({ kind: "capture", request }));
      });
    },
    disconnect() {
      wire?.destroy();
      watchdog?.destroy();
    },
  };
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
