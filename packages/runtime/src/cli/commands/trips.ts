import type { Command } from "commander";
import type { renderTrip } from "../../query/index.ts";
import { openClient, type ClientOptions } from "../client.ts";
import { relative } from "../moment.ts";
import type { CommandContext } from "../program.ts";
import { formatTable } from "../table.ts";
import { writeJson, type Terminal } from "../terminal.ts";
import { refuseUnknownSubcommand, type JsonOption } from "./options.ts";

type TripJson = ReturnType<typeof renderTrip>;
type Options = ClientOptions & JsonOption;

export async function listTrips({ terminal }: CommandContext, options: Options, command: Command): Promise<number> {
  refuseUnknownSubcommand(command);
  const client = await openClient(terminal, options);
  const { items } = await client.get<{ readonly items: readonly TripJson[] }>("/api/v1/trips");
  if (options.json) writeJson(terminal, { items });
  else if (items.length > 0) terminal.data(tripTable(items, terminal));
  else terminal.note("nothing is held back");
  return 0;
}

export async function resumeTrip({ terminal }: CommandContext, scope: string, name: string, options: Options): Promise<number> {
  const client = await openClient(terminal, options);
  const { body } = await client.call(`/api/v1/trips/${encodeURIComponent(scope)}/${encodeURIComponent(name)}/resume`, { method: "POST", json: {} });
  if (options.json) writeJson(terminal, { trip: body });
  else terminal.data(tripTable([body as TripJson], terminal));
  return 0;
}

function tripTable(items: readonly TripJson[], terminal: Terminal): string {
  const nowMs = terminal.nowMs();
  const rows = items.map((trip) => [
    trip.scope,
    trip.name,
    trip.state,
    `${trip.allowed} of ${trip.full}`,
    String(trip.trips),
    relative(trip.since, nowMs),
    relative(trip.until, nowMs),
    trip.reason,
  ]);
  return formatTable(["scope", "name", "state", "allowed", "trips", "since", "again", "reason"], rows);
}
