import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { CofferdamError, parseDuration } from "../../model/index.ts";
import { openClient, type ClientOptions } from "../client.ts";
import type { CommandContext } from "../program.ts";
import { writeJson } from "../terminal.ts";
import type { JsonOption } from "./options.ts";

interface ProfileOptions extends ClientOptions, JsonOption {
  readonly cpu?: boolean;
  readonly heap?: boolean;
  readonly seconds: string;
  readonly out?: string;
}

/** Writes a profile of a running Node job into a file that Chrome's developer tools open. */
export async function profile({ terminal }: CommandContext, id: string, options: ProfileOptions): Promise<number> {
  if (options.cpu === true && options.heap === true) throw new CofferdamError("invalid_option", "--cpu and --heap exclude each other", { hint: "Take one after the other." });
  const kind = options.heap === true ? "heap" : "cpu";
  const seconds = parseDuration(`${options.seconds}s`, "--seconds") / 1000;
  const client = await openClient(terminal, options);
  const { body } = await client.call(`/api/v1/jobs/${encodeURIComponent(id)}/profile`, { method: "POST", json: { kind, seconds } });
  const file = resolve(options.out ?? `${id}.${kind}profile`);
  await writeFile(file, JSON.stringify(body), { mode: 0o600 });
  if (options.json) writeJson(terminal, { job_id: id, kind, file });
  else terminal.note(`${file}: open it in the developer tools of Chrome (${kind === "cpu" ? "Performance" : "Memory"}) or in your editor`);
  return 0;
}
