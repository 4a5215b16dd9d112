import { parseArgs } from "node:util";

export interface Options {
  /** once: ends with a summary and an exit code. stay: leaves the API up. */
  readonly mode: "once" | "stay";
  /** The first port that is tried. */
  readonly port: number;
  /** null: a temporary directory that is removed at the end. */
  readonly dataDirectory: string | null;
}

export const USAGE = `npm start -- [--once] [--port 7070] [--data-dir DIRECTORY]

  --once       end with a summary; exit code 0 when every verdict was the expected one
  --port       first port to try for the API (the next free one is taken)
  --data-dir   keep the data there instead of in a temporary directory`;

/** @throws Error (a sentence for the caller) for arguments that mean nothing. */
export function readOptions(args: readonly string[]): Options | "help" {
  const { values } = parseArgs({
    args: [...args],
    options: { once: { type: "boolean" }, port: { type: "string" }, "data-dir": { type: "string" }, help: { type: "boolean", short: "h" } },
  });
  if (values.help === true) return "help";
  const port = Number(values.port ?? "7070");
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new Error(`--port ${values.port}: not a port number`);
  return { mode: values.once === true ? "once" : "stay", port, dataDirectory: values["data-dir"] ?? null };
}
