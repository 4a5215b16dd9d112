import { renderApp } from "../../query/index.ts";
import { json } from "../reply.ts";
import { NOTHING, route, type Route } from "../route.ts";
import { APP, listOf } from "../schemas.ts";
import { API, type RouteDeps } from "./deps.ts";

export function appRoutes({ control }: RouteDeps): readonly Route[] {
  return [
    route({
      method: "get",
      path: `${API}/apps`,
      access: "read",
      summary: "List apps and where they answer",
      params: NOTHING,
      query: NOTHING,
      body: NOTHING,
      answers: { 200: { description: "All apps", schema: listOf(APP) } },
      handle: () => json({ items: control.apps().map(renderApp) }),
    }),
  ];
}
