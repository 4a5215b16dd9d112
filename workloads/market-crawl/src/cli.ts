#!/usr/bin/env node
// The command line: reads arguments, prints, sets the exit code. Decides nothing else.
import { createProgram, EXIT, runProgram } from "workload-command-line";
import { addReadCommands } from "./cli/read-commands.ts";
import { addRunCommands } from "./cli/run-commands.ts";
import { addServeCommands } from "./cli/serve-commands.ts";
import { DatabaseError } from "./database/database.ts";

const frame = createProgram({ name: "market-crawl", description: "Collects Danish flea markets; says what is on today and what is near" });
addServeCommands(frame);
addRunCommands(frame);
addReadCommands(frame);
await runProgram(frame, (error) => (error instanceof DatabaseError ? EXIT.configuration : null));
