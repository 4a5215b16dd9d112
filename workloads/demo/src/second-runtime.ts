// A runtime of its own, in a process that can be killed. argv: data directory, "sail" or "return". Speaks to the demo over the fork's channel.
import { join } from "node:path";
import { startRuntime, type EventFeed, type RuntimeEvent } from "cofferdam";
import { LOST, SHIPS_LANE } from "./fleet.ts";
import type { SecondMessage } from "./lose-fleet.ts";

const [dataDir = "", order = ""] = process.argv.slice(2);
const job = join(import.meta.dirname, "../jobs/apart/loses-its-fleet.ts");
const runtime = await startRuntime({ dataDir, jobs: [job], lanes: { [SHIPS_LANE]: { concurrency: 1 } }, http: false, logLevel: "warn" });

if (order === "sail") {
  runtime.onEvent((event) => send({ kind: "event", event }));
  await runtime.control.enqueue({ type: LOST.type });
} else {
  // What the sweep found was told before anybody could listen: the feed has kept it.
  for (const event of keptEvents(runtime.control.events())) send({ kind: "event", event });
  const { items } = await runtime.control.jobs({ type: LOST.type }, { limit: 1, cursor: null });
  const [lost] = items;
  const attempt = lost === undefined ? undefined : (await runtime.control.attempts(lost.id))[0];
  if (attempt !== undefined) send({ kind: "verdict", verdict: attempt.verdict, leaks: attempt.leaks });
  await runtime.stop();
  process.disconnect();
}

/** Everything since the start: sequence numbers begin anew above the last runtime's, so the first one is found from the end. */
function keptEvents(feed: EventFeed): readonly RuntimeEvent[] {
  let from = feed.lastSeq();
  while (feed.since(from - 1) !== "reset") from -= 1;
  const kept = feed.since(from);
  return kept === "reset" ? [] : kept.map(({ event }) => event);
}

function send(message: SecondMessage): void {
  process.send?.(message);
}
