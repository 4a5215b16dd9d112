import { createTroubleWatch, watchValidations, type ValidationWatch } from "./incident/index.ts";
import type { RuntimeEvent, Trip } from "./model/index.ts";
import type { Clock, Logger } from "./platform/index.ts";
import type { Store } from "./store/index.ts";
import type { Crew } from "./supervisor/index.ts";

export interface IncidentDeskDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly release: string | null;
  crew(): Pick<Crew, "workers">;
  isService(type: string): boolean;
  lastUpdateAtMs(service: string): number | null;
  publish(event: RuntimeEvent): void;
  listen(listener: (event: RuntimeEvent) => void): void;
}

/** What watches over incidents while the runtime lives: troubles that open them, validations that close them. */
export interface IncidentDesk {
  readonly validations: ValidationWatch;
  tripped(trip: Trip): void;
  stop(): Promise<void>;
}

export async function openIncidentDesk({ store, clock, logger, release, crew, isService, lastUpdateAtMs, publish, listen }: IncidentDeskDeps): Promise<IncidentDesk> {
  const troubles = createTroubleWatch({
    store,
    clock,
    release,
    isService,
    publish,
    onError: (error) => logger.warn({ err: error }, "a trouble could not be written into its incident; trying again"),
  });
  const validations = await watchValidations({
    store,
    clock,
    running: () =>
      crew()
        .workers()
        .flatMap(({ attempt, tasks, memoryBytes }) => (attempt === null ? [] : [{ type: attempt.type, lane: attempt.lane, pids: tasks, memoryBytes }])),
    lastUpdateAtMs,
    publish,
    onError: (error) => logger.warn({ err: error }, "the rules of a validation could not be looked at; trying again"),
  });
  listen((event) => {
    troubles.hear(event);
    validations.hear(event);
  });
  return {
    validations,
    tripped: (trip) => troubles.tripped(trip),
    async stop() {
      await validations.stop();
      await troubles.stop();
    },
  };
}
