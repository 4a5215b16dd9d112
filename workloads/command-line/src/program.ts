import { CofferdamError } from "cofferdam";
import { Command, CommanderError } from "commander";
import { CommandError, EXIT, type ExitCode } from "./exit-codes.ts";
import { messageOf } from "./message-of.ts";
import { createPrint, type Print } from "./print.ts";
import { SettingsError } from "./settings.ts";

export interface ProgramOptions {
  readonly name: string;
  readonly description: string;
  /** What `--db` takes; the flag sets `DB_PATH` before the command runs. null: there is no such flag. Default: "the database, instead of DB_PATH". */
  readonly database?: string | null;
}

export interface Frame {
  readonly program: Command;
  readonly print: Print;
}

/** A command tree with `--json` and, where there is a database, `--db`. Add the commands to it, then {@link runProgram}. */
export function createProgram({ name, description, database = "the database, instead of DB_PATH" }: ProgramOptions): Frame {
  const program = new Command(name).description(description).option("--json", "print data as JSON, one document a line").exitOverride().showSuggestionAfterError();
  if (database !== null) {
    program.option("--db <file>", database).hook("preAction", (root) => {
      const { db } = root.opts<{ readonly db?: string }>();
      if (db !== undefined) process.env["DB_PATH"] = db;
    });
  }
  return { program, print: createPrint(() => program.opts<{ readonly json?: boolean }>().json === true) };
}

/**
 * Reads the arguments, runs the command, says what went wrong and sets the exit code.
 *
 * @param exitCodeOf what the workload's own errors mean; null for one that is not its own
 */
export async function runProgram({ program, print }: Frame, exitCodeOf: (error: unknown) => ExitCode | null = () => null): Promise<void> {
  inheritExit(program);
  process.stdout.on("error", endWithReader);
  // What is told beside the data is no command's purpose: without a reader, or room, it is dropped.
  process.stderr.on("error", () => undefined);
  try {
    await program.parseAsync();
  } catch (error) {
    process.exitCode = explain(error, print, exitCodeOf);
  }
}

/** Whoever reads may stop reading: `… | head`. What still runs ends with this process. */
function endWithReader(error: NodeJS.ErrnoException): void {
  if (error.code === "EPIPE") process.exit();
  throw error;
}

/** Subcommands answer the same way as the program. */
function inheritExit(command: Command): void {
  for (const child of command.commands) {
    child.exitOverride();
    inheritExit(child);
  }
}

function explain(error: unknown, print: Print, exitCodeOf: (error: unknown) => ExitCode | null): ExitCode {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
  print.note(`error: ${messageOf(error)}`);
  const hint = error instanceof CommandError || error instanceof CofferdamError ? error.hint : null;
  if (hint !== null && hint !== undefined) print.note(`  next: ${hint}`);
  if (error instanceof CommandError) return error.exitCode;
  if (error instanceof SettingsError) return EXIT.configuration;
  return exitCodeOf(error) ?? (error instanceof CofferdamError && error.family === "refused" ? EXIT.configuration : EXIT.failed);
}
