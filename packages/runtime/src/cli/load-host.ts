import type { Runtime, RuntimeOptions } from "../runtime-types.ts";

export type StartRuntime = (options: RuntimeOptions) => Promise<Runtime>;

/** The host is loaded only by the commands that run one. */
export async function loadStartRuntime(): Promise<StartRuntime> {
  return (await import("../runtime.ts")).startRuntime;
}
