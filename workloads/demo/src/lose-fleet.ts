import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { Leak, RuntimeEvent, Verdict } from "cofferdam";
import { LOST } from "./fleet.ts";
import type { Voyage } from "./voyage.ts";

export type SecondMessage = { readonly kind: "event"; readonly event: RuntimeEvent } | { readonly kind: "verdict"; readonly verdict: Verdict; readonly leaks: readonly Leak[] };

/** A second runtime is killed (SIGKILL) while its job runs, and started again on the same data: it has to know what it lost. */
export async function loseFleet(dataDirectory: string, onEvent: (event: RuntimeEvent) => void): Promise<Voyage> {
  await sinkSecondRuntime(dataDirectory, onEvent);
  return await returnToPort(dataDirectory, onEvent);
}

async function sinkSecondRuntime(dataDirectory: string, onEvent: (event: RuntimeEvent) => void): Promise<void> {
  const child = start(dataDirectory, "sail");
  const exited = once(child, "exit");
  child.on("message", (message: SecondMessage) => {
    if (message.kind !== "event") return;
    onEvent(message.event);
    if (message.event.kind === "attempt.progress") child.kill("SIGKILL");
  });
  await exited;
}

async function returnToPort(dataDirectory: string, onEvent: (event: RuntimeEvent) => void): Promise<Voyage> {
  const child = start(dataDirectory, "return");
  let voyage: Voyage = { kind: "not-shown", ship: LOST, why: "the second runtime came back without a verdict" };
  child.on("message", (message: SecondMessage) => {
    if (message.kind === "event") onEvent(message.event);
    else voyage = { kind: "ended", ship: LOST, verdict: message.verdict, leaks: message.leaks };
  });
  await once(child, "exit");
  return voyage;
}

function start(dataDirectory: string, order: "sail" | "return"): ChildProcess {
  return fork(join(import.meta.dirname, "second-runtime.ts"), [dataDirectory, order], { stdio: ["ignore", "inherit", "inherit", "ipc"] });
}
