#!/usr/bin/env node
// The command line: reads arguments, prints, sets the exit code. Decides nothing else.
import { CofferdamError } from "cofferdam";
import { Command, CommanderError } from "commander";
import { CommandError, EXIT, type ExitCode } from "./cli/exit-codes.ts";
import { addImportCommands } from "./cli/import-commands.ts";
import { createPrint } from "./cli/print.ts";
import { addQueryCommands } from "./cli/query-commands.ts";
import { addServeCommands } from "./cli/serve-commands.ts";
import { DatabaseError } from "./database/database.ts";
import { messageOf, WorkError } from "./errors.ts";
import { addGenerateCommand } from "./generate/index.ts";
import { SettingsError } from "./settings.ts";

const program = new Command("test-results")
  .description("Follows test results across releases, modules and builds")
  .option("--json", "print data as JSON, one document a line")
  .option("--db <file>", "the database, instead of DB_PATH")
  .exitOverride()
  .showSuggestionAfterError()
  .hook("preAction", (root) => {
    const { db } = root.opts<{ readonly db?: string }>();
    if (db !== undefined) process.env["DB_PATH"] = db;
  });
const print = createPrint(() => program.opts<{ readonly json?: boolean }>().json === true);
addServeCommands(program, print);
addImportCommands(program, print);
addQueryCommands(program, print);
addGenerateCommand(program, print);
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
  const hint = error instanceof CommandError || error instanceof CofferdamError ? error.hint : null;
  if (hint !== null && hint !== undefined) print.note(`  next: ${hint}`);
  if (error instanceof CommandError) return error.exitCode;
  if (error instanceof SettingsError || error instanceof DatabaseError) return EXIT.configuration;
  if (error instanceof WorkError) return error.code === "usage" ? EXIT.usage : error.code === "not_junit" ? EXIT.refused : EXIT.failed;
  return error instanceof CofferdamError && error.family === "refused" ? EXIT.configuration : EXIT.failed;
}
