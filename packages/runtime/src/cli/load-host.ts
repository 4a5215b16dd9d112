import type { startRuntime } from "../runtime.ts";

export type StartRuntime = typeof startRuntime;

/** The host is loaded only by the commands that run one. */
export async function loadStartRuntime(): Promise<StartRuntime> {
  return (await import("../runtime.ts")).startRuntime;
}
