import { CofferdamError } from "../model/index.ts";
import type { Runtime, RuntimeOptions } from "../runtime-types.ts";

export type StartRuntime = (options: RuntimeOptions) => Promise<Runtime>;

/** The host is loaded only by the commands that run one. */
export async function loadStartRuntime(): Promise<StartRuntime> {
  const found = await loadPart("../runtime");
  return (options) => call(found.startRuntime, "startRuntime", options);
}

/** Loads a part beside this folder, as source or as built. A build that lacks it says so. */
export async function loadPart(path: string): Promise<Readonly<Record<string, unknown>>> {
  const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
  return import(new URL(`${path}.${extension}`, import.meta.url).href);
}

async function call(part: unknown, name: string, options: RuntimeOptions): Promise<Runtime> {
  if (typeof part === "function") return part(options);
  throw new CofferdamError("broken_invariant", `${name} is not part of this build`, { hint: "Please report it." });
}
