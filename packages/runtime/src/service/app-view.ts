import type { AppMount } from "../model/index.ts";
import type { ServiceState, ServiceView } from "./ports.ts";

/** Where the process of an app listens. */
export type AppAddress = { readonly socketPath: string } | { readonly host: "127.0.0.1"; readonly port: number };

export interface AppView extends AppMount {
  /** The service behind it. */
  readonly service: string;
  readonly description: string;
  readonly state: ServiceState;
  /** null while it does not answer. */
  readonly address: AppAddress | null;
}

/** The app that a service serves; null for any other service. */
export function viewApp(view: ServiceView): AppView | null {
  if (view.app === null) return null;
  return { ...view.app, service: view.name, description: view.description, state: view.state, address: view.state === "running" ? addressOf(view.data) : null };
}

/** What the process says of itself is read with care: user code runs in it. */
function addressOf(data: string | null): AppAddress | null {
  try {
    const told: unknown = JSON.parse(data ?? "null");
    if (typeof told !== "object" || told === null) return null;
    if ("socket_path" in told && typeof told.socket_path === "string") return { socketPath: told.socket_path };
    return "port" in told && typeof told.port === "number" ? { host: "127.0.0.1", port: told.port } : null;
  } catch {
    return null;
  }
}
