import { CofferdamError, suggestName } from "../model/index.ts";
import type { ServiceView } from "../service/index.ts";
import type { ControlDeps } from "./deps.ts";
import type { Control } from "./ports.ts";

type ServiceActions = Pick<Control, "services" | "service" | "recycleService" | "stopService" | "startService">;

export function createServiceActions({ services }: ControlDeps): ServiceActions {
  function find(name: string): ServiceView {
    const service = services.find(name);
    if (service !== null) return service;
    const known = services.list().map((one) => one.name);
    throw new CofferdamError("service_not_found", `there is no service ${JSON.stringify(name)}${suggestName(name, known)}`, { hint: "cofferdam services lists them." });
  }

  return {
    services: () => services.list(),
    service: find,
    async recycleService(name, { by, reason }) {
      find(name);
      await services.recycle(name, by, reason);
      return find(name);
    },
    async stopService(name, by) {
      find(name);
      await services.stop(name, by);
      return find(name);
    },
    async startService(name, by) {
      find(name);
      await services.start(name, by);
      return find(name);
    },
  };
}
