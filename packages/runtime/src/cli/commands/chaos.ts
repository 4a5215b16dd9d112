import { CofferdamError, FAULTS, parseDuration } from "../../model/index.ts";
import { pause, systemClock } from "../../platform/index.ts";
import type { renderChaos } from "../../query/index.ts";
import { openClient, type Client, type ClientOptions } from "../client.ts";
import { EXIT } from "../exit-codes.ts";
import type { CommandContext } from "../program.ts";
import { formatFields } from "../table.ts";
import { counted } from "../text.ts";
import { writeJson, type Terminal } from "../terminal.ts";
import type { JsonOption } from "./options.ts";

type ChaosJson = ReturnType<typeof renderChaos>;

interface ChaosOptions extends ClientOptions, JsonOption {
  readonly rate: string;
  readonly for: string;
  readonly faults?: string;
  readonly type?: string;
  readonly force?: boolean;
  readonly stop?: boolean;
  readonly report?: boolean;
}

const LOOK_MS = 500;

/** Starts it, waits for its end, and says what became of the jobs. Exit code 1 when any was lost. */
export async function chaos({ terminal }: CommandContext, options: ChaosOptions): Promise<number> {
  const client = await openClient(terminal, options);
  if (options.report) return tell(terminal, await client.get<ChaosJson>("/api/v1/chaos"), options);
  if (options.stop) return tell(terminal, (await client.call("/api/v1/chaos", { method: "DELETE" })).body as ChaosJson, options);
  const rate = Number(options.rate);
  if (!(rate > 0 && rate <= 1)) throw new CofferdamError("invalid_option", `--rate: ${options.rate} is not a number above 0, at most 1`);
  const faults = options.faults?.split(",") ?? [...FAULTS];
  const order = { rate, faults, for_seconds: parseDuration(options.for, "--for") / 1000, type: options.type, force: options.force === true };
  await client.call("/api/v1/chaos", { method: "POST", json: order });
  terminal.note(`injecting ${faults.join(", ")} into ${Math.round(rate * 100)} % of the attempts for ${options.for}; cofferdam chaos --stop ends it`);
  return tell(terminal, await ended(client), options);
}

/** It goes on in the runtime also when nobody waits for it. */
async function ended(client: Client): Promise<ChaosJson> {
  for (;;) {
    const report = await client.get<ChaosJson>("/api/v1/chaos");
    const isOpen = Object.entries(report.states).some(([state, count]) => (state === "running" || state === "retrying" || state === "ready") && count > 0);
    if (report.state !== "running" && !isOpen) return report;
    await pause(systemClock, LOOK_MS);
  }
}

function tell(terminal: Terminal, report: ChaosJson, options: JsonOption): number {
  if (options.json) writeJson(terminal, { chaos: report });
  else terminal.data(chaosText(report));
  return report.lost > 0 ? EXIT.unexpected : EXIT.ok;
}

function chaosText({ state, injected, jobs, states, lost }: ChaosJson): string {
  const words = (counts: Readonly<Record<string, number>>) =>
    Object.entries(counts)
      .filter(([, count]) => count > 0)
      .map(([name, count]) => `${count} ${name}`)
      .join(", ");
  return formatFields([
    ["state", state],
    ["injected", words(injected) || "nothing"],
    ["hit", counted(jobs, "job")],
    ["now", words(states)],
    ["lost", String(lost)],
  ]);
}
