import { open } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { readMainThread, signalProcess, type ProcessIdentity } from "../governor/index.ts";
import type { HeldHeap } from "../model/index.ts";
import { pause, type Clock } from "../platform/index.ts";
import { readHeldHeap, type HeapLook } from "./held-heap.ts";
import { openSession } from "./inspector.ts";

/** Where a worker's inspector listens, how large its heap may become (null: not known), and how closely that is looked at. */
export interface Address {
  readonly url: string;
  readonly heapLimitBytes: number | null;
  readonly heapLook: HeapLook;
}

export interface CapturedStack {
  /** Innermost first, "function (file:line:column)". */
  readonly frames: readonly string[];
  /** True when no frame could be had: the main thread is inside one long native call. */
  readonly nativeCall: boolean;
  /** Its heap while it was held; null when it could not be read. */
  readonly heap: HeldHeap | null;
}

/** Flags of a worker that can be asked: a free port on loopback, and the secret address only in its own log, which only this user can read. */
export const INSPECTABLE_FLAGS = ["--inspect-port=127.0.0.1:0", "--inspect-publish-uid=stderr"] as const;

const NOTHING: CapturedStack = { frames: [], nativeCall: true, heap: null };
/** A thread that runs answers within this much CPU time of its own, however little of the machine it gets; one that sleeps within this much wall time. */
const CPU_TICKS_MAX = 200;
const ASLEEP_MS_MAX = 1500;
const WALL_MS_MAX = 5000;
const LOOK_MS = 4;
const CONNECTIONS_MAX = 5;
const CONNECT_AGAIN_MS = 50;
const FRAMES_MAX = 30;
/** Frames from here on are ours: the job's own end above them. */
const WORKER_ROOM = new URL("../worker/", import.meta.url).href;

/**
 * Takes the stack of a Node process whose main thread is blocked: we pause it through its inspector, read the frames and let go.
 * Loops, regular expressions, wasm and Atomics.wait pause; native calls do not. A heap that is nearly full is asked whether V8 spends its time on it.
 * Never throws; takes at most about 15 s, on a machine that is overloaded.
 */
export async function captureStack(process: ProcessIdentity, address: Address | null, clock: Clock): Promise<CapturedStack> {
  if (address === null) return NOTHING;
  // On a busy machine a connection may be refused or cut: that says nothing of the program.
  for (let attempt = 0; attempt < CONNECTIONS_MAX; attempt += 1) {
    const stack = await question(process, address, clock);
    if (stack !== "cut") return stack;
    await pause(clock, CONNECT_AGAIN_MS);
  }
  return NOTHING;
}

/** Opens the inspector of a Node process: its own signal thread does that on SIGUSR1 even while the main thread is blocked, and writes the address to its log. Once only: a second signal writes nothing. */
export async function openInspector(process: ProcessIdentity, log: { readonly file: string; readonly from: number }, clock: Clock): Promise<string | null> {
  return signalProcess(process, "SIGUSR1") === "sent" ? findAddress(process, log, clock) : null;
}

/** Whether waiting longer is of any use: a busy machine is not a native call. */
function createPatience(process: ProcessIdentity, clock: Clock): () => boolean {
  const startedAtMs = clock.monotonicMs();
  const ticksBefore = readMainThread(process.pid)?.cpuTicks ?? 0;
  let awakeAtMs = startedAtMs;
  return () => {
    const stat = readMainThread(process.pid);
    const nowMs = clock.monotonicMs();
    if (stat === null || stat.startTicks !== process.startTicks || nowMs - startedAtMs > WALL_MS_MAX) return false;
    if (stat.cpuTicks - ticksBefore > CPU_TICKS_MAX) return false;
    if (stat.state === "R") awakeAtMs = nowMs;
    return nowMs - awakeAtMs < ASLEEP_MS_MAX;
  };
}

async function findAddress(process: ProcessIdentity, log: { readonly file: string; readonly from: number }, clock: Clock): Promise<string | null> {
  const isPatient = createPatience(process, clock);
  await using file = await open(log.file, "r");
  const buffer = Buffer.alloc(4096);
  while (isPatient()) {
    const { bytesRead } = await file.read(buffer, 0, buffer.length, log.from);
    const found = /Debugger listening on (ws:\/\/127\.0\.0\.1:\d+\/[0-9a-f-]{36})\n/.exec(buffer.toString("latin1", 0, bytesRead));
    if (found?.[1] !== undefined) return found[1];
    await pause(clock, LOOK_MS);
  }
  return null;
}

interface CallFrame {
  readonly functionName: string;
  readonly location: { readonly scriptId: string; readonly lineNumber: number; readonly columnNumber?: number };
}

/** What is asked of a thread that does not come back. */
async function question(process: ProcessIdentity, { url, heapLimitBytes, heapLook }: Address, clock: Clock): Promise<CapturedStack | "cut"> {
  const urls = new Map<string, string>();
  const paused = Promise.withResolvers<readonly CallFrame[]>();
  const session = openSession(url, (method, params) => {
    if (method === "Debugger.scriptParsed") {
      const script = params as { readonly scriptId: string; readonly url: string };
      urls.set(script.scriptId, script.url);
    }
    if (method === "Debugger.paused") paused.resolve((params as { readonly callFrames: readonly CallFrame[] }).callFrames);
  });
  const { worthIt, forget } = worthWaiting(process, clock);
  try {
    const opened = await Promise.race([session.opened, worthIt]);
    if (opened !== "open") return opened === null ? "cut" : NOTHING;
    void session.ask("Debugger.enable");
    void session.ask("Debugger.pause");
    const frames = await Promise.race([paused.promise, session.closed, worthIt]);
    if (frames === null) return "cut";
    if (frames === "given-up") return NOTHING;
    return { frames: wordFrames(frames, urls), nativeCall: false, heap: await readHeldHeap(session, process, { limitBytes: heapLimitBytes, look: heapLook, clock }) };
  } finally {
    forget();
    session.close();
  }
}

/** Resolves when waiting longer is of no use. */
function worthWaiting(process: ProcessIdentity, clock: Clock): { readonly worthIt: Promise<"given-up">; forget(): void } {
  const isPatient = createPatience(process, clock);
  const { promise: worthIt, resolve } = Promise.withResolvers<"given-up">();
  const forget = clock.every(50, () => {
    if (!isPatient()) resolve("given-up");
  });
  return { worthIt, forget };
}

function wordFrames(callFrames: readonly CallFrame[], urls: ReadonlyMap<string, string>): readonly string[] {
  const urlOf = (frame: CallFrame): string => urls.get(frame.location.scriptId) ?? "";
  const own = callFrames.findIndex((frame) => urlOf(frame).startsWith(WORKER_ROOM));
  return (own < 0 ? callFrames : callFrames.slice(0, own)).slice(0, FRAMES_MAX).map((frame) => {
    const { lineNumber, columnNumber = 0 } = frame.location;
    return `${frame.functionName === "" ? "(anonymous)" : frame.functionName} (${wordUrl(urlOf(frame))}:${lineNumber + 1}:${columnNumber + 1})`;
  });
}

function wordUrl(url: string): string {
  return url.startsWith("file://") ? fileURLToPath(url) : url;
}
