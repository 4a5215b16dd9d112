import { pathToFileURL } from "node:url";
import type { AppDefinition } from "./define.ts";
import { CofferdamError } from "./model/errors.ts";
import type { HttpOptions, Runtime, RuntimeOptions } from "./runtime-types.ts";

export type ServeAppOptions = Omit<RuntimeOptions, "http" | "jobs"> & Omit<HttpOptions, "app">;

/** See the package door, index.ts. */
export async function serveApp(app: AppDefinition, { host, port, tokens, allowedHosts, ...options }: ServeAppOptions = {}): Promise<Runtime> {
  const file = /^(.*?)(?::\d+){0,2}$/.exec(app.definedAt)?.[1] ?? "";
  if (!file.startsWith("/"))
    throw new CofferdamError("invalid_option", "the module that defines the app was not found", { hint: "Call defineApp in a module of its own, and export the app." });
  const { startRuntime } = await import("./runtime.ts");
  const http: HttpOptions = {
    app: app.options.name,
    ...(host === undefined ? {} : { host }),
    ...(port === undefined ? {} : { port }),
    ...(tokens === undefined ? {} : { tokens }),
    ...(allowedHosts === undefined ? {} : { allowedHosts }),
  };
  return startRuntime({ ...options, jobs: [pathToFileURL(file)], http });
}
