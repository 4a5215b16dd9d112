import { open } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { signalProcess, type ProcessIdentity } from "../governor/index.ts";
import type { HeldHeap } from "../model/index.ts";
import { pause, type Clock } from "../platform/index.ts";
import { readHeldHeap, type HeapLook } from "./held-heap.ts";
import { openSession } from "./inspector.ts";
import { createPatience, type Impatience, type PatienceLimits } from "./patience.ts";

/** Where the inspector listens, or why that is not known; flooded: its log grew faster than we looked for the address. */
export type Inspector = { readonly url: string } | { readonly url: null; readonly why: Impatience | "flooded" };

/** How large the heap may become (null: not known), and how closely it is looked at. */
export interface HeapQuestion {
  readonly limitBytes: number | null;
  readonly look: HeapLook;
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

/** A thread that had its time, or sleeps, and did not answer is inside a native call. Of one that the machine gave no time nothing is known. */
const nothing = (why: Impatience | "flooded"): CapturedStack => ({ frames: [], nativeCall: why === "ran" || why === "slept", heap: null });
/** What a thread is given to answer one question: this much CPU time of its own from when it was asked, however little of the machine it gets. */
const PATIENCE: PatienceLimits = { ticksMax: 50, wallMsMax: 45_000 };
const LOOK_MS = 4;
const CONNECTIONS_MAX = 5;
const CONNECT_AGAIN_MS = 50;
const FRAMES_MAX = 30;
/** Frames from here on are ours: the job's own end above them. */
const WORKER_ROOM = new URL("../worker/", import.meta.url).href;

/**
 * Takes the stack of a Node process whose main thread is blocked: we pause it through its inspector, read the frames and let go.
 * Loops, regular expressions, wasm and Atomics.wait pause; native calls do not. A heap that is nearly full is asked whether V8 spends its time on it.
 * Never throws; takes some milliseconds, on a machine that is overloaded up to a minute.
 */
export async function captureStack(process: ProcessIdentity, inspector: Inspector, heap: HeapQuestion, clock: Clock): Promise<CapturedStack> {
  if (inspector.url === null) return nothing(inspector.why);
  // On a busy machine a connection may be refused or cut: that says nothing of the program.
  for (let attempt = 0; attempt < CONNECTIONS_MAX; attempt += 1) {
    const stack = await question({ process, url: inspector.url, heap, clock });
    if (stack !== "cut") return stack;
    await pause(clock, CONNECT_AGAIN_MS);
  }
  return nothing("gone");
}

/** A log, and how long it was before the inspector was asked for the first time. */
export interface LogFrom {
  readonly file: string;
  readonly from: number;
}

/** Opens the inspector of a Node process: its own signal thread does that on SIGUSR1 even while the main thread is blocked, and writes the address to its log. Once only: a second signal writes nothing. */
export async function openInspector(process: ProcessIdentity, log: LogFrom, clock: Clock): Promise<Inspector> {
  return signalProcess(process, "SIGUSR1") === "sent" ? findAddress(process, log, clock) : { url: null, why: "gone" };
}

/** The job may log meanwhile: how far behind `from` the address is looked for, and in what pieces. */
const SEARCHED_BYTES_MAX = 16 * 1024 * 1024;
const PIECE_BYTES = 65_536;
const ADDRESS = /Debugger listening on (ws:\/\/127\.0\.0\.1:\d+\/[0-9a-f-]{36})\n/;
/** So much of a piece is looked at again with the next one; no address is longer. */
const ADDRESS_BYTES_MAX = 128;

async function findAddress(process: ProcessIdentity, log: LogFrom, clock: Clock): Promise<Inspector> {
  const impatience = createPatience(process, PATIENCE, clock);
  await using file = await open(log.file, "r");
  const buffer = Buffer.alloc(PIECE_BYTES);
  let at = log.from;
  for (;;) {
    // Looked at before the log is: on a busy machine it may be we who came late.
    const why = impatience();
    for (let isMore = true; isMore;) {
      const { bytesRead } = await file.read(buffer, 0, PIECE_BYTES, at);
      const found = ADDRESS.exec(buffer.toString("latin1", 0, bytesRead));
      if (found?.[1] !== undefined) return { url: found[1] };
      isMore = bytesRead === PIECE_BYTES;
      if (isMore) at += PIECE_BYTES - ADDRESS_BYTES_MAX;
      if (at - log.from > SEARCHED_BYTES_MAX) return { url: null, why: "flooded" };
    }
    if (why !== null) return { url: null, why };
    await pause(clock, LOOK_MS);
  }
}

interface CallFrame {
  readonly functionName: string;
  readonly location: { readonly scriptId: string; readonly lineNumber: number; readonly columnNumber?: number };
}

interface Asked {
  readonly process: ProcessIdentity;
  readonly url: string;
  readonly heap: HeapQuestion;
  readonly clock: Clock;
}

/** What is asked of a thread that does not come back. */
async function question({ process, url, heap, clock }: Asked): Promise<CapturedStack | "cut"> {
  const urls = new Map<string, string>();
  const paused = Promise.withResolvers<readonly CallFrame[]>();
  const session = openSession(url, (method, params) => {
    if (method === "Debugger.scriptParsed") {
      const script = params as { readonly scriptId: string; readonly url: string };
      urls.set(script.scriptId, script.url);
    }
    if (method === "Debugger.paused") paused.resolve((params as { readonly callFrames: readonly CallFrame[] }).callFrames);
  });
  try {
    const opened = await untilPatienceEnds(process, session.opened, clock);
    if (opened === null) return "cut";
    if (opened !== "open") return nothing(opened);
    void session.ask("Debugger.enable");
    void session.ask("Debugger.pause");
    const frames = await untilPatienceEnds(process, Promise.race([paused.promise, session.closed]), clock);
    if (frames === null) return "cut";
    if (typeof frames === "string") return nothing(frames);
    return { frames: wordFrames(frames, urls), nativeCall: false, heap: await readHeldHeap(session, process, { ...heap, clock }) };
  } finally {
    session.close();
  }
}

/** The answer, or why waiting longer for it is of no use. */
async function untilPatienceEnds<A>(process: ProcessIdentity, answer: Promise<A>, clock: Clock): Promise<A | Impatience> {
  const impatience = createPatience(process, PATIENCE, clock);
  const { promise: givenUp, resolve } = Promise.withResolvers<Impatience>();
  const forget = clock.every(50, () => {
    const why = impatience();
    // An answer that has arrived is read before we give up: timers run before sockets.
    if (why !== null) setImmediate(resolve, why);
  });
  try {
    return await Promise.race([answer, givenUp]);
  } finally {
    forget();
  }
}

function wordFrames(callFrames: readonly CallFrame[], urls: ReadonlyMap<string, string>): readonly string[] {
  const urlOf = (frame: CallFrame): string => urls.get(frame.location.scriptId) ?? "";
  const own = callFrames.findIndex((frame) => urlOf(frame).startsWith(WORKER_ROOM));
  return (own < 0 ? callFrames : callFrames.slice(0, own)).slice(0, FRAMES_MAX).map((frame) => {
    const { lineNumber, columnNumber = 0 } = frame.location;
    return `${frame.functionName === "" ? "(anonymous)" : frame.functionName} (${wordUrl(urlOf(frame))}:${lineNumber + 1}:${columnNumber + 1})`;
  });
}

/** A script may give itself any name: `//# sourceURL=file://its.own/name`. */
function wordUrl(url: string): string {
  try {
    return url.startsWith("file:") ? fileURLToPath(url) : url;
  } catch {
    return url;
  }
}
