import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { Leak, RuntimeEvent, Verdict } from "cofferdam";
import { LOST } from "./fleet.ts";
import type { Voyage } from "./voyage.ts";

export type SecondMessage = { readonly kind: "event"; readonly event: RuntimeEvent } | { readonly kind: "verdict"; readonly verdict: Verdict; readonly leaks: readonly Leak[] };

export interface SecondOptions {
  readonly dataDirectory: string;
  readonly signal: AbortSignal;
  readonly onEvent: (event: RuntimeEvent) => void;
}

/** A second runtime is killed (SIGKILL) while its job runs, and started again on the same data: it has to know what it lost. */
export async function loseFleet(options: SecondOptions): Promise<Voyage> {
  await sinkSecondRuntime(options);
  options.signal.throwIfAborted();
  return await returnToPort(options);
}

async function sinkSecondRuntime(options: SecondOptions): Promise<void> {
  const child = start(options, "sail");
  const exited = once(child, "exit");
  child.on("message", (message: SecondMessage) => {
    if (message.kind !== "event") return;
    options.onEvent(message.event);
    if (message.event.kind === "attempt.progress") child.kill("SIGKILL");
  });
  await exited;
}

async function returnToPort(options: SecondOptions): Promise<Voyage> {
  const child = start(options, "return");
  let voyage: Voyage = { kind: "not-shown", ship: LOST, why: "the second runtime came back without a verdict" };
  child.on("message", (message: SecondMessage) => {
    if (message.kind === "event") options.onEvent(message.event);
    else voyage = { kind: "ended", ship: LOST, verdict: message.verdict, leaks: message.leaks };
  });
  await once(child, "exit");
  return voyage;
}

function start({ dataDirectory, signal }: SecondOptions, order: "sail" | "return"): ChildProcess {
  const program = join(import.meta.dirname, "second-runtime.ts");
  const child = fork(program, [dataDirectory, order], { stdio: ["ignore", "inherit", "inherit", "ipc"], signal, killSignal: "SIGKILL" });
  // An abort is an error of the child and its exit; the exit is what is waited for.
  child.on("error", () => undefined);
  return child;
}
