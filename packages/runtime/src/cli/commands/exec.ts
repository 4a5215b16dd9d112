import { resolve } from "node:path";
import { CofferdamError, type Budget } from "../../model/index.ts";
import { loadPart } from "../load-host.ts";
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

/** Resolves to the exit code. */
export type ExecCommand = (request: ExecRequest) => Promise<number>;

interface ExecOptions extends JsonOption {
  readonly cwd?: string;
  readonly env?: readonly string[];
}

export async function exec({ terminal }: CommandContext, command: readonly string[], options: ExecOptions): Promise<number> {
  const { json, cwd, env, ...settings } = options;
  const { config } = await configOf(terminal, settings);
  const execCommand = await loadExecCommand();
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

async function loadExecCommand(): Promise<ExecCommand> {
  const { execCommand } = await loadPart("./exec-command").catch((error: unknown) => {
    throw new CofferdamError("broken_invariant", "exec is not part of this build", { hint: "Please report it.", cause: error });
  });
  if (typeof execCommand !== "function") throw new CofferdamError("broken_invariant", "exec is not part of this build", { hint: "Please report it." });
  return (request) => execCommand(request);
}
