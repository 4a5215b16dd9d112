#!/usr/bin/env node
// The command line: reads arguments, prints, sets the exit code. Decides nothing else.
import { CofferdamError } from "cofferdam";
import { Command, CommanderError } from "commander";
import { DatabaseError } from "workload-database";
import { CommandError, EXIT, type ExitCode } from "./cli/exit-codes.ts";
import { addOperateCommands } from "./cli/operate-commands.ts";
import { createPrint } from "./cli/print.ts";
import { addProcessCommands } from "./cli/process-commands.ts";
import { addServeCommands } from "./cli/serve-commands.ts";
import { hintOf, messageOf, Refusal } from "./errors.ts";
import { SettingsError } from "./settings.ts";

const program = new Command("snapshot-etl")
  .description("Takes player profiles of any size into a database, and sets aside what cannot be processed")
  .option("--json", "print data as JSON, one document a line")
  .option("--db <address>", "the database, instead of DB_PATH: a file, or postgres://…")
  .exitOverride()
  .showSuggestionAfterError()
  .hook("preAction", (root) => {
    const { db } = root.opts<{ readonly db?: string }>();
    if (db !== undefined) process.env["DB_PATH"] = db;
  });
const print = createPrint(() => program.opts<{ readonly json?: boolean }>().json === true);
addServeCommands(program, print);
addProcessCommands(program, print);
addOperateCommands(program, print);
inheritExit(program);

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = explain(error);
}

/** Subcommands answer the same way as the program. */
function inheritExit(command: Command): void {
  for (const child of command.commands) {
    child.exitOverride();
    inheritExit(child);
  }
}

function explain(error: unknown): ExitCode {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
  print.note(`error: ${messageOf(error)}`);
  const hint = error instanceof CommandError ? error.hint : hintOf(error);
  if (hint !== null) print.note(`  next: ${hint}`);
  if (error instanceof CommandError) return error.exitCode;
  if (error instanceof SettingsError || error instanceof DatabaseError) return EXIT.configuration;
  if (error instanceof Refusal) return error.code === "NOT_FOUND" ? EXIT.nothing : EXIT.refused;
  return error instanceof CofferdamError && error.family === "refused" ? EXIT.configuration : EXIT.failed;
}
