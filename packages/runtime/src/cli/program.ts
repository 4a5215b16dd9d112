import { Command, type OutputConfiguration } from "commander";
import { addJobCommands } from "./commands/job-commands.ts";
import { addMachineCommands } from "./commands/machine-commands.ts";
import { addQueueCommands } from "./commands/queue-commands.ts";
import { addRuntimeCommands } from "./commands/runtime-commands.ts";
import { readVersion } from "../version.ts";
import { paint } from "./text.ts";
import type { Terminal } from "./terminal.ts";

/** What a command's code is given. */
export interface CommandContext {
  readonly terminal: Terminal;
  /** The whole tree, for completion. */
  readonly program: Command;
}

/** A command's code: its arguments and options, as commander read them, to an exit code. */
export type Action<Parameters extends readonly unknown[]> = (context: CommandContext, ...parameters: Parameters) => Promise<number>;

/** Turns lazily imported code into a commander action: nothing but the tree is loaded before a command is chosen. */
export type Lazy = <Parameters extends readonly unknown[]>(load: () => Promise<Action<Parameters>>) => (...parameters: Parameters) => Promise<void>;

/** The whole command tree. docs/reference/cli.md is compared with it by a test. */
export function buildProgram(terminal: Terminal, finish: (exitCode: number) => void): Command {
  const program = new Command("cofferdam");
  const lazy: Lazy =
    (load) =>
    async (...parameters) => {
      const action = await load();
      finish(await action({ terminal, program }, ...parameters));
    };
  program
    .description("Background jobs that misbehave, run behind a watertight wall.")
    .version(`cofferdam ${readVersion()}`, "-V, --version")
    .helpCommand(false)
    .enablePositionalOptions()
    .exitOverride();
  program.configureOutput(outputOf(terminal)).configureHelp({ showGlobalOptions: false });
  addRuntimeCommands(program, lazy);
  addJobCommands(program, lazy);
  addQueueCommands(program, lazy);
  addMachineCommands(program, lazy);
  return program;
}

function outputOf(terminal: Terminal): OutputConfiguration {
  return {
    writeOut: (text) => terminal.data(text),
    writeErr: (text) => terminal.note(text.trimEnd()),
    outputError(text, write) {
      const [what = "", ...rest] = text
        .replace(/^error: /, "")
        .trim()
        .split("\n");
      write(`${paint("error:", "red", terminal.color)} this command line cannot be used — ${what}${rest.length === 0 ? "" : ` ${rest.join(" ")}`}\n`);
      write("  next: add --help to see what it takes.\n");
    },
  };
}
