import type { JobView } from "../../query/index.ts";
import { CofferdamError, parseDuration } from "../../model/index.ts";
import { openClient, type ClientOptions } from "../client.ts";
import { readInput } from "../input.ts";
import { parseMoment } from "../moment.ts";
import type { CommandContext } from "../program.ts";
import { writeJson } from "../terminal.ts";
import type { JsonOption } from "./options.ts";

interface AddOptions extends ClientOptions, JsonOption {
  readonly lane?: string;
  readonly priority?: string;
  readonly delay?: string;
  readonly at?: string;
  readonly unique?: string;
  readonly tag?: readonly string[];
  readonly idempotencyKey?: string;
}

interface AddedView {
  readonly id: string;
  readonly state: JobView["state"];
  readonly deduplicated?: boolean;
}

export async function add({ terminal }: CommandContext, type: string, written: string | undefined, options: AddOptions): Promise<number> {
  const input = await readInput(terminal, written);
  const head = JSON.stringify({
    type,
    lane: options.lane,
    priority: options.priority === undefined ? undefined : readPriority(options.priority),
    run_at: readRunAt(options, terminal.nowMs()),
    unique_key: options.unique,
    tags: options.tag,
  });
  const client = await openClient(terminal, options);
  const headers = options.idempotencyKey === undefined ? {} : { "idempotency-key": options.idempotencyKey };
  // The input stays the text it is: it is put into the body without being made anew.
  const answer = await client.call("/api/v1/jobs", { method: "POST", jsonText: `${head.slice(0, -1)},"input":${input}}`, headers });
  const added = answer.body as AddedView;
  if (options.json) writeJson(terminal, { job: added });
  else {
    terminal.data(added.id);
    if (added.deduplicated) terminal.note(`a job with this key was there already: ${added.id} (${added.state})`);
  }
  return 0;
}

function readPriority(text: string): number {
  const priority = Number(text);
  if (Number.isInteger(priority) && priority >= -100 && priority <= 100) return priority;
  throw new CofferdamError("invalid_option", `--priority: ${JSON.stringify(text)} is not a whole number from -100 to 100`, { hint: "100 runs first, -100 last." });
}

function readRunAt({ delay, at }: AddOptions, nowMs: number): string | undefined {
  if (delay !== undefined && at !== undefined) throw new CofferdamError("invalid_option", "--delay and --at are both given", { hint: "Keep one of them." });
  if (delay !== undefined) return new Date(nowMs + parseDuration(delay, "--delay")).toISOString();
  return at === undefined ? undefined : new Date(parseMoment(at, "--at", nowMs, "future")).toISOString();
}
