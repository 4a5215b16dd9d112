import { systemClock } from "../platform/index.ts";
import type { RuntimeEvent } from "../model/index.ts";
import type { Runtime } from "../runtime-types.ts";
import { formatEvent, formatSlow } from "./format-event.ts";
import { printable } from "./text.ts";
import type { Terminal } from "./terminal.ts";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Calls back for every request to end, counting them: the second one means "faster". Returns how to stop listening. */
export function onStopSignals(listener: (count: number, signal: string) => void): () => void {
  let count = 0;
  const receive = (signal: string) => {
    count += 1;
    listener(count, signal);
  };
  for (const signal of SIGNALS) process.on(signal, receive);
  return () => {
    for (const signal of SIGNALS) process.off(signal, receive);
  };
}

const SLOW_AFTER_MS = 60_000;

/** Prints a line for what happens, and one each minute for an attempt that runs for long. Returns how to stop. */
export function printEvents(runtime: Runtime, terminal: Terminal): () => void {
  const running = new Map<string, { readonly started: Extract<RuntimeEvent, { kind: "attempt.started" }>; progress: string }>();
  const stopListening = runtime.onEvent((event) => {
    const text = formatEvent(event, { color: terminal.color });
    if (text !== null) terminal.note(text);
    if (event.kind === "attempt.started") running.set(event.attemptId, { started: event, progress: "" });
    if (event.kind === "attempt.ended") running.delete(event.attemptId);
    const known = event.kind === "attempt.progress" ? running.get(event.attemptId) : undefined;
    if (event.kind === "attempt.progress" && known !== undefined) known.progress = [event.done === null ? "" : String(event.done), event.note ?? ""].join(" ").trim();
  });
  const stopTimer = systemClock.every(
    SLOW_AFTER_MS,
    () => {
      const nowMs = systemClock.nowMs();
      for (const { started, progress } of running.values()) {
        if (nowMs - started.atMs >= SLOW_AFTER_MS) terminal.note(formatSlow({ ...started, runningMs: nowMs - started.atMs, progress }, { color: terminal.color }));
      }
    },
    { keepAlive: false },
  );
  return () => {
    stopListening();
    stopTimer();
  };
}

/** Modules that could not be loaded, for a person; the log has them too. */
export function reportBroken(runtime: Runtime, terminal: Terminal): void {
  for (const broken of runtime.control.brokenModules())
    terminal.note(`error: a job module cannot be used — ${printable(broken.at ?? broken.moduleUrl)}: ${printable(broken.message)}`);
}

/** What was started and where it answers. */
export function announce(runtime: Runtime, terminal: Terminal): void {
  const types = runtime.control.types().map((jobType) => jobType.type);
  terminal.note(`cofferdam: ${types.length === 0 ? "no job type is loaded" : `job types ${types.join(", ")}`}`);
  if (runtime.url !== null) terminal.note(`cofferdam: ${runtime.url}`);
}
