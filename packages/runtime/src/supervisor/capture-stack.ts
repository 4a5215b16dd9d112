import { open } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { readStat, signalProcess, type ProcessIdentity } from "../governor/index.ts";
import { pause, type Clock } from "../platform/index.ts";

export interface CapturedStack {
  /** Innermost first, "function (file:line:column)". */
  readonly frames: readonly string[];
  /** True when no frame could be had: the main thread is inside one long native call. */
  readonly nativeCall: boolean;
}

/** Flags of a worker that can be asked: a free port on loopback, and the secret address only in its own log, which only this user can read. */
export const INSPECTABLE_FLAGS = ["--inspect-port=127.0.0.1:0", "--inspect-publish-uid=stderr"] as const;

const NOTHING: CapturedStack = { frames: [], nativeCall: true };
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
 * Loops, regular expressions, wasm and Atomics.wait pause; native calls do not. Never throws; takes at most about 10 s, on a machine that is overloaded.
 */
export async function captureStack(process: ProcessIdentity, url: string | null, clock: Clock): Promise<CapturedStack> {
  if (url === null) return NOTHING;
  // On a busy machine a connection may be refused or cut: that says nothing of the program.
  for (let attempt = 0; attempt < CONNECTIONS_MAX; attempt += 1) {
    const stack = await readFrames(process, url, clock);
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
  const ticksBefore = readStat(process.pid)?.cpuTicks ?? 0;
  let awakeAtMs = startedAtMs;
  return () => {
    const stat = readStat(process.pid);
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

type InspectorMessage =
  | { readonly method: "Debugger.scriptParsed"; readonly params: { readonly scriptId: string; readonly url: string } }
  | { readonly method: "Debugger.paused"; readonly params: { readonly callFrames: readonly CallFrame[] } };

function readFrames(process: ProcessIdentity, url: string, clock: Clock): Promise<CapturedStack | "cut"> {
  return new Promise((resolve) => {
    const urls = new Map<string, string>();
    const socket = new WebSocket(url);
    const finish = (stack: CapturedStack | "cut"): void => {
      cancel();
      socket.close();
      resolve(stack);
    };
    const isPatient = createPatience(process, clock);
    const cancel = clock.every(50, () => {
      if (!isPatient()) finish(NOTHING);
    });
    socket.addEventListener("error", () => finish("cut"));
    socket.addEventListener("close", () => finish("cut"));
    socket.addEventListener("open", () => {
      socket.send('{"id":1,"method":"Debugger.enable"}');
      socket.send('{"id":2,"method":"Debugger.pause"}');
    });
    socket.addEventListener("message", ({ data }) => {
      const message = JSON.parse(String(data)) as InspectorMessage | { readonly method: undefined };
      if (message.method === "Debugger.scriptParsed") urls.set(message.params.scriptId, message.params.url);
      if (message.method === "Debugger.paused") finish({ frames: wordFrames(message.params.callFrames, urls), nativeCall: false });
    });
  });
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
