import { resolve } from "node:path";
import { CofferdamError, type Budget } from "../../model/index.ts";
import type { CommandContext } from "../program.ts";
import type { Terminal } from "../terminal.ts";
import { configOf, type JsonOption } from "./options.ts";

/** Everything `exec` was asked for, with nothing left open. */
export interface ExecRequest {
  readonly terminal: Terminal;
  readonly command: readonly string[];
  readonly budget: Budget;
  readonly graceMs: number;
  readonly tier: "auto" | "cgroup" | "pidns" | "scan";
  readonly cwd: string;
  /** Added to the environment of this process. */
  readonly env: Readonly<Record<string, string>>;
  readonly output: "json" | "text";
}

interface ExecOptions extends JsonOption {
  readonly cwd?: string;
  readonly env?: readonly string[];
}

export async function exec({ terminal }: CommandContext, command: readonly string[], options: ExecOptions): Promise<number> {
  const { json, cwd, env, ...settings } = options;
  const { config } = await configOf(terminal, settings);
  terminal.ignoreBrokenPipe();
  // Supervisor and governor are loaded by this command only.
  const { execCommand } = await import("../exec-command.ts");
  return execCommand({
    terminal,
    command,
    ...config.exec,
    tier: config.tier,
    cwd: resolve(terminal.directory, cwd ?? "."),
    env: Object.fromEntries((env ?? []).map(splitVariable)),
    output: json ? "json" : "text",
  });
}

function splitVariable(text: string): [string, string] {
  const at = text.indexOf("=");
  if (at > 0) return [text.slice(0, at), text.slice(at + 1)];
  throw new CofferdamError("invalid_option", `--env: ${JSON.stringify(text)} is not name=value`, { hint: "For example --env LANG=C." });
}
