#!/usr/bin/env node
// The command line: reads arguments, prints, sets the exit code. Decides nothing else.
import { createProgram, EXIT, runProgram, type ExitCode } from "workload-command-line";
import { DatabaseError } from "workload-database";
import { addOperateCommands } from "./cli/operate-commands.ts";
import { addProcessCommands } from "./cli/process-commands.ts";
import { addServeCommands } from "./cli/serve-commands.ts";
import { Refusal } from "./errors.ts";

const frame = createProgram({
  name: "snapshot-etl",
  description: "Takes player profiles of any size into a database, and sets aside what cannot be processed",
  database: "the database, instead of DB_PATH: a file, or postgres://…",
});
const { program, print } = frame;
addServeCommands(program, print);
addProcessCommands(program, print);
addOperateCommands(program, print);
await runProgram(frame, exitCodeOf);

function exitCodeOf(error: unknown): ExitCode | null {
  if (error instanceof DatabaseError) return EXIT.configuration;
  if (error instanceof Refusal) return error.code === "NOT_FOUND" ? EXIT.nothingMatched : EXIT.refused;
  return null;
}
