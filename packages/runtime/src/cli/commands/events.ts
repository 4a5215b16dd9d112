import { openClient, type ClientOptions } from "../client.ts";
import { decodeEvent, serverSentData } from "../event-stream.ts";
import { formatEvent } from "../format-event.ts";
import type { CommandContext } from "../program.ts";
import { writeJson } from "../terminal.ts";
import type { JsonOption } from "./options.ts";

export async function events({ terminal }: CommandContext, options: ClientOptions & JsonOption): Promise<number> {
  const client = await openClient(terminal, options);
  for await (const view of serverSentData(client.stream("/api/v1/events", { accept: "text/event-stream" }))) {
    if (options.json) writeJson(terminal, { event: view });
    else {
      const text = formatEvent(decodeEvent(view), { color: false });
      if (text !== null) terminal.data(text);
    }
  }
  return 0;
}
