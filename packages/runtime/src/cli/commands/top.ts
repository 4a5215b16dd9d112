import { openClient, type Client, type ClientOptions } from "../client.ts";
import { INTERRUPT } from "../screen.ts";
import { serverSentData } from "../event-stream.ts";
import type { CommandContext } from "../program.ts";
import { writeJson, type Screen, type Terminal } from "../terminal.ts";
import { formatFrame, type ActivityFrame } from "../top-frame.ts";
import type { JsonOption } from "./options.ts";

interface TopOptions extends ClientOptions, JsonOption {
  readonly once?: boolean;
}

const PATH = "/api/v1/activity";
const QUIT: ReadonlySet<string> = new Set(["q", "Q", INTERRUPT, "\u001b"]);

/** A frame each second: redrawn in place on a terminal, one after the other into a pipe. */
export async function top({ terminal }: CommandContext, options: TopOptions): Promise<number> {
  const client = await openClient(terminal, options);
  if (options.once) {
    show(terminal, await client.get<ActivityFrame>(PATH), null, options);
    return 0;
  }
  const first = await client.get<ActivityFrame>(PATH);
  const screen = options.json ? null : terminal.screen();
  if (screen === null) await printFrames(terminal, client, options);
  else await drawFrames(screen, client, first);
  return 0;
}

function show(terminal: Terminal, frame: ActivityFrame, before: ActivityFrame | null, options: JsonOption): void {
  if (options.json) writeJson(terminal, { activity: frame });
  else terminal.data(formatFrame(frame, before));
}

async function printFrames(terminal: Terminal, client: Client, options: JsonOption): Promise<void> {
  let before: ActivityFrame | null = null;
  for await (const frame of framesOf(client)) {
    if (before !== null && !options.json) terminal.data("\n");
    show(terminal, frame, before, options);
    before = frame;
  }
}

async function drawFrames(screen: Screen, client: Client, first: ActivityFrame): Promise<void> {
  const quit = Promise.withResolvers<"quit">();
  screen.onKey((key) => QUIT.has(key) && quit.resolve("quit"));
  const draw = (frame: ActivityFrame, before: ActivityFrame | null): void => screen.draw([...formatFrame(frame, before).split("\n"), "", "q: quit"]);
  const frames = framesOf(client);
  try {
    draw(first, null);
    let before = first;
    for (;;) {
      const next = await Promise.race([frames.next(), quit.promise]);
      if (next === "quit" || next.done === true) return;
      draw(next.value, before);
      before = next.value;
    }
  } finally {
    screen.close();
    void frames.return(undefined);
  }
}

async function* framesOf(client: Client): AsyncGenerator<ActivityFrame> {
  // The codec of the stream: what this very version's API sends.
  for await (const data of serverSentData(client.stream(PATH, { accept: "text/event-stream" }))) if (data["kind"] === "activity") yield data as unknown as ActivityFrame;
}
