import type { HttpBindings } from "@hono/node-server";
import type { Context, Hono } from "hono";

/** What a request carries through the middlewares. */
export interface AppEnvironment {
  readonly Bindings: HttpBindings;
  readonly Variables: { requestId: string };
}

export type App = Hono<AppEnvironment>;
export type AppContext = Context<AppEnvironment>;
