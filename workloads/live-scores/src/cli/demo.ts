import { once } from "node:events";
import { join } from "node:path";
import { EventEmitter } from "node:events";
import { EXIT, inTemporaryDirectory, untilUseless, type ExitCode, type Print } from "workload-command-line";
import type { EmittedEvent } from "../conduct/receive-report.ts";
import { silentLog } from "../log.ts";
import { startService, type Service } from "../service.ts";
import { startStandIn, type ScoreStandIn } from "../stand-in/site.ts";

const PATIENCE_MS = 90_000;

/** Everything once, in a temporary directory: three matches of a stand-in site, one that misbehaves, one that ends. */
export async function runDemo(print: Print): Promise<ExitCode> {
  return await inTemporaryDirectory("live-scores-demo", (directory) => runIn(directory, print));
}

async function runIn(directory: string, print: Print): Promise<ExitCode> {
  const site = await startStandIn({ port: 0, matches: 3 });
  try {
    const environment = {
      ...site.environment,
      DB_PATH: join(directory, "scores.db"),
      PORT: "0",
      PROMETHEUS_PORT: "0",
      START_SPACING_SECONDS: "0.5",
      RESTART_DELAY_SECONDS: "0.5",
      POLLING_INTERVAL_SECONDS: "0.5",
      STALENESS_THRESHOLD_SECONDS: "8",
      DISCOVERY_INTERVAL_SECONDS: "2",
    };
    const service = await startService({ environment, log: silentLog });
    try {
      return await Promise.race([perform(service, site, print), untilUseless(service.runtime)]);
    } finally {
      await service.stop();
    }
  } finally {
    await site.close();
  }
}

async function perform(service: Service, site: ScoreStandIn, print: Print): Promise<ExitCode> {
  const deadline = AbortSignal.timeout(PATIENCE_MS);
  const said = new EventEmitter<{ readonly emitted: [EmittedEvent]; readonly runtime: [] }>();
  service.hub.subscribe((event) => said.emit("emitted", event));
  const unlisten = service.runtime.onEvent((event) => {
    if (event.kind === "attempt.started" || event.kind === "attempt.ended" || event.kind === "attempt.progress") said.emit("runtime");
  });
  const untilEmitted = async (like: (event: EmittedEvent) => boolean): Promise<EmittedEvent> => {
    for (;;) {
      const [event] = await once(said, "emitted", { signal: deadline });
      if (like(event)) return event;
    }
  };
  const untilView = async (like: (service: Service) => boolean): Promise<void> => {
    while (!like(service)) await once(said, "runtime", { signal: deadline });
  };
  try {
    print.note(`A stand-in site at ${site.url}, the service at ${service.url}:`);
    const seen = new Set<string>();
    while (seen.size < 3) {
      const event = await untilEmitted(({ matchKey, group }) => group === "score" && !seen.has(matchKey));
      seen.add(event.matchKey);
      print.data({ step: "live", match_id: event.matchKey, score: event.payload }, () => `${"LIVE".padStart(12)} ${event.matchKey}  first score, seq ${event.seq}`);
    }
    print.note("M02 never answers again; its poller is begun anew, the others go on:");
    site.order({ match: "M02", fault: "hang" });
    await untilView(({ pollers }) => pollers.views().some(({ match_id, restarts }) => match_id === "M02" && restarts > 0));
    for (const view of service.pollers.views())
      print.data(
        { step: "hang", ...view },
        () =>
          `${view.status.toUpperCase().padStart(12)} ${view.match_id}  ${view.staleness_seconds} s old, restarts ${view.restarts}${view.restart_reason === null ? "" : `, ${view.restart_reason}`}`,
      );
    site.order({ match: "M02", fault: "none" });
    const again = await untilEmitted(({ matchKey, group }) => matchKey === "M02" && group === "score");
    print.data({ step: "back", match_id: "M02", seq: again.seq }, () => `${"BACK".padStart(12)} M02  seq ${again.seq}: nothing repeated, nothing lost`);
    print.note("M03 is won:");
    site.order({ match: "M03", fault: "finish-match" });
    await untilView(({ pollers }) => !pollers.has("M03"));
    const row = (await service.matches.all()).find(({ matchKey }) => matchKey === "M03");
    print.data({ step: "ended", ...row }, () => `${"ENDED".padStart(12)} M03  state ${row?.state}, last ball ${row?.lastKnownState}`);
    return EXIT.done;
  } finally {
    unlisten();
  }
}
