import { resolve } from "node:path";
import { formatBytes } from "../../model/index.ts";
import { openClient, type ClientOptions } from "../client.ts";
import type { CommandContext } from "../program.ts";
import { writeJson } from "../terminal.ts";
import type { JsonOption } from "./options.ts";

export async function backup({ terminal }: CommandContext, written: string, options: ClientOptions & JsonOption): Promise<number> {
  const file = resolve(terminal.directory, written);
  const client = await openClient(terminal, options);
  const { body } = await client.call("/api/v1/backup", { method: "POST", json: { file } });
  const { bytes } = body as { readonly bytes: number };
  if (options.json) writeJson(terminal, { file, bytes });
  else terminal.note(`wrote ${file}: ${formatBytes(bytes)}`);
  return 0;
}
