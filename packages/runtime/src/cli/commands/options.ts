import type { Command } from "commander";
import { LANES_ROW, loadConfigFile, resolveConfig, SETTING_LIST, type Resolution } from "../../config/index.ts";
import { CofferdamError, suggestName } from "../../model/index.ts";
import type { Terminal } from "../terminal.ts";

export interface JsonOption {
  readonly json?: boolean;
}

const HOST_ROWS = [...SETTING_LIST.filter((row) => !row.key.startsWith("exec.")), LANES_ROW];
const EXEC_ROWS = SETTING_LIST.filter((row) => row.key.startsWith("exec."));

/** For options that may be repeated; unlike commander's variadic ones they do not swallow what follows. */
export function collect(value: string, previous: readonly string[] | undefined): readonly string[] {
  return [...(previous ?? []), value];
}

/** A group's default command takes whatever is no subcommand: a mistyped one must not be mistaken for it. */
export function refuseUnknownSubcommand(command: Command): void {
  const [written] = command.args;
  if (written === undefined) return;
  const known = command.parent?.commands.map((child) => child.name()) ?? [];
  throw new CofferdamError("unknown_option", `cofferdam ${command.parent?.name() ?? ""} has no command ${JSON.stringify(written)}${suggestName(written, known)}`, {
    hint: `Commands are: ${known.join(", ")}.`,
  });
}

/** Where a client finds the runtime. */
export function withClient(command: Command): Command {
  return command
    .option("--url <address>", "address of the running runtime (default: the one that runs on the data directory)")
    .option("--data-dir <path>", "data directory of the running runtime")
    .option("--config <file>", "config file");
}

export function withJson(command: Command): Command {
  return command.option("--json", "one versioned JSON object on standard output");
}

/** The flags of the settings table. */
export function withHostSettings(command: Command): Command {
  command.option("--config <file>", "config file (default: cofferdam.config.* in the working directory)");
  for (const row of SETTING_LIST) if (row.flag !== null && !row.key.startsWith("exec.")) command.option(row.flag, row.description);
  command.option(LANES_ROW.flag, `${LANES_ROW.description} (repeat it for more)`, collect);
  return command;
}

export function withExecSettings(command: Command): Command {
  command.option("--config <file>", "config file (default: cofferdam.config.* in the working directory)");
  for (const row of EXEC_ROWS) if (row.flag !== null) command.option(row.flag, row.description.replace("budget of cofferdam exec: ", ""));
  return command;
}

/** Commander's options as setting keys: "--data-dir <path>" is options.dataDir is the setting "dataDir". */
export function settingFlags(options: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const flags: Record<string, unknown> = {};
  for (const row of [...HOST_ROWS, ...EXEC_ROWS]) {
    if (row.flag === null) continue;
    const value = options[optionName(row.flag)];
    // commander gives a --no-… option the value true when it was not written
    if (value !== undefined && !(row.flag.startsWith("--no-") && value === true)) flags[row.key] = value;
  }
  return flags;
}

function optionName(flag: string): string {
  const name = (flag.split(" ")[0] ?? "").replace(/^--(no-)?/, "");
  return name.replaceAll(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** The complete configuration of a command that runs something in this process. */
export async function configOf(terminal: Terminal, options: Readonly<Record<string, unknown>>, paths: readonly string[] = []): Promise<Resolution> {
  const named = typeof options.config === "string" ? options.config : (terminal.env.COFFERDAM_CONFIG ?? null);
  const file = await loadConfigFile(terminal.directory, named === "" ? null : named);
  const flags = { ...settingFlags(options), ...(paths.length === 0 ? {} : { jobs: paths }) };
  return resolveConfig({ flags, env: terminal.env, file });
}
