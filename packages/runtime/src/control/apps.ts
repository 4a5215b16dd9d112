import { CofferdamError, suggestName } from "../model/index.ts";
import { viewApp, type AppView } from "../service/index.ts";
import type { ControlDeps } from "./deps.ts";
import type { Control } from "./ports.ts";

export function createAppActions({ services }: ControlDeps): Pick<Control, "apps" | "app"> {
  const apps = (): readonly AppView[] => services.list().flatMap((service) => viewApp(service) ?? []);
  return {
    apps,
    app(name) {
      const service = services.find(`app.${name}`);
      const app = service === null ? null : viewApp(service);
      if (app !== null) return app;
      const known = apps().map((one) => one.name);
      throw new CofferdamError("app_not_found", `there is no app ${JSON.stringify(name)}${suggestName(name, known)}`, { hint: "GET /api/v1/apps lists them." });
    },
  };
}
