import { readVersion } from "../../version.ts";
import type { CommandContext } from "../program.ts";
import { writeJson } from "../terminal.ts";
import type { JsonOption } from "./options.ts";

export async function version({ terminal }: CommandContext, options: JsonOption): Promise<number> {
  if (options.json) writeJson(terminal, { version: readVersion(), node: process.versions.node });
  else terminal.data(`cofferdam ${readVersion()} (Node.js ${process.versions.node})`);
  return 0;
}
