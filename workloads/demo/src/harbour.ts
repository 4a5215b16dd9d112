import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { formatEvent, type RuntimeEvent } from "cofferdam";
import { makeWorld, readSettings, startService, startStandIn, type Service, type StandIn } from "test-results";
import { SHIPS_LANE } from "./fleet.ts";
import { findFreePort } from "./free-port.ts";
import { JENKINS_CASES } from "./imports.ts";
import { SHIPS_AT_ONCE } from "./limits.ts";
import type { Options } from "./options.ts";
import { isColored, say } from "./say.ts";

/** Everything that the demo runs on: one runtime with its API, the workload on it, and the Jenkins stand-in. */
export interface Harbour {
  readonly service: Service;
  readonly jenkins: StandIn;
  readonly url: string;
  /** Where a second runtime may keep its data. */
  readonly secondDirectory: string;
  close(): Promise<void>;
  /** Cuts short what `close` waits for: running jobs are ended at once. */
  hurry(): void;
}

export async function openHarbour(options: Options): Promise<Harbour> {
  const directory = options.dataDirectory === null ? await mkdtemp(join(tmpdir(), "cofferdam-demo-")) : resolve(options.dataDirectory);
  const jenkins = await startStandIn(makeWorld({ casesPerModule: JENKINS_CASES, builds: 3, paths: null }));
  const settings = readSettings({
    DB_PATH: join(directory, "results.db"),
    RUNTIME_DIR: join(directory, "runtime"),
    LOGS_BASE_PATH: join(directory, "artifacts"),
    JENKINS_URL: jenkins.url,
  });
  const cleanUp = async (): Promise<void> => {
    await jenkins.close();
    if (options.dataDirectory === null) await rm(directory, { recursive: true, force: true });
  };
  const service = await startService({
    settings,
    http: false,
    alongside: {
      jobs: [join(import.meta.dirname, "../jobs")],
      lanes: { [SHIPS_LANE]: { concurrency: SHIPS_AT_ONCE } },
      http: { host: "127.0.0.1", port: await findFreePort(options.port) },
    },
    onEvent: showEvent,
  }).catch(async (error: unknown) => {
    await cleanUp();
    throw error;
  });
  return {
    service,
    jenkins,
    url: service.runtime.url ?? "",
    secondDirectory: join(directory, "second"),
    async close() {
      await service.stop();
      await cleanUp();
    },
    hurry: () => void service.runtime.stop(),
  };
}

/** One line per event that is worth one. */
export function showEvent(event: RuntimeEvent): void {
  const line = formatEvent(event, { color: isColored() });
  if (line !== null) say(line);
}
