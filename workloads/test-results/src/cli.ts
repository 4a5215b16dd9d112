#!/usr/bin/env node
// The command line: reads arguments, prints, sets the exit code. Decides nothing else.
import { createProgram, EXIT, runProgram, type ExitCode } from "workload-command-line";
import { addImportCommands } from "./cli/import-commands.ts";
import { addQueryCommands } from "./cli/query-commands.ts";
import { addServeCommands } from "./cli/serve-commands.ts";
import { DatabaseError } from "./database/database.ts";
import { WorkError } from "./errors.ts";
import { addGenerateCommand } from "./generate/index.ts";

const frame = createProgram({ name: "test-results", description: "Follows test results across releases, modules and builds" });
const { program, print } = frame;
addServeCommands(program, print);
addImportCommands(program, print);
addQueryCommands(program, print);
addGenerateCommand(program, print);
await runProgram(frame, exitCodeOf);

function exitCodeOf(error: unknown): ExitCode | null {
  if (error instanceof DatabaseError) return EXIT.configuration;
  if (error instanceof WorkError) return error.code === "usage" ? EXIT.usage : error.code === "not_junit" ? EXIT.refused : EXIT.failed;
  return null;
}
