// The watchdog thread of a worker: captures the main thread's stack on demand, and is the dead man's switch.
import { Session, type Debugger } from "node:inspector";
import { Socket } from "node:net";
import { FrameReader, type FromWatchdog, type ToWatchdog } from "../wire/index.ts";
import { WATCHDOG_DESCRIPTOR, writeFrame } from "./wire-end.ts";

const CAPTURE_TIMEOUT_MS = 400;
const FRAMES_MAX = 30;
/** Frames from here on are ours: the job's own end above them. */
const OWN_ROOM = new URL("./", import.meta.url).href;

const reader = new FrameReader();
const socket = new Socket({ fd: WATCHDOG_DESCRIPTOR, readable: true, writable: false });
socket.on("error", () => undefined);
socket.on("data", (chunk: Buffer) => {
  for (const frame of reader.push(chunk)) capture((frame.header as ToWatchdog).request);
});
// The supervisor is gone. The main thread may be blocked for ever, so this thread ends the process and its group.
socket.once("close", () => {
  try {
    process.kill(-process.pid, "SIGKILL");
  } catch {
    // not a group leader: inside a namespace the kernel ends the rest
  }
  process.kill(process.pid, "SIGKILL");
});

/** Pauses the main thread for a moment and reads its frames. Loops, regular expressions, wasm and Atomics.wait pause; native calls do not. */
function capture(request: number): void {
  const session = new Session();
  const urls = new Map<string, string>();
  let isAnswered = false;
  const answer = (frames: readonly string[]): void => {
    if (isAnswered) return;
    isAnswered = true;
    clearTimeout(timer);
    const message: FromWatchdog = { kind: "stack", request, frames, nativeCall: frames.length === 0 };
    writeFrame(WATCHDOG_DESCRIPTOR, message);
  };
  // After this time it is a native call; the late frame, if one comes, would name the wrong line.
  const timer = setTimeout(() => answer([]), CAPTURE_TIMEOUT_MS);
  session.connectToMainThread();
  session.on("Debugger.scriptParsed", ({ params }) => urls.set(params.scriptId, params.url));
  session.on("Debugger.paused", ({ params }) => {
    const own = params.callFrames.findIndex((frame) => (urls.get(frame.location.scriptId) ?? frame.url).startsWith(OWN_ROOM));
    const frames = own < 0 ? params.callFrames : params.callFrames.slice(0, own);
    answer(frames.slice(0, FRAMES_MAX).map((frame) => wordFrame(frame, urls)));
    session.post("Debugger.resume", () => session.disconnect());
  });
  session.post("Debugger.enable");
  session.post("Debugger.pause");
}

function wordFrame(frame: Debugger.CallFrame, urls: ReadonlyMap<string, string>): string {
  const url = (urls.get(frame.location.scriptId) ?? frame.url ?? "").replace("file://", "");
  const name = frame.functionName === "" ? "(anonymous)" : frame.functionName;
  return `${name} (${url}:${frame.location.lineNumber + 1}:${(frame.location.columnNumber ?? 0) + 1})`;
}
