#!/usr/bin/env node
// The command line: reads arguments, prints, sets the exit code. Decides nothing else.
import { createProgram, EXIT, runProgram } from "workload-command-line";
import { DatabaseError } from "workload-database";
import { addReadingCommands } from "./cli/decode-command.ts";
import { addServeCommands } from "./cli/serve-commands.ts";
import { addStandInCommand } from "./cli/stand-in-command.ts";

const frame = createProgram({ name: "live-scores", description: "Keeps the newest score of every live cricket match fresh" });
addReadingCommands(frame);
addStandInCommand(frame);
addServeCommands(frame);
await runProgram(frame, (error) => (error instanceof DatabaseError ? EXIT.configuration : null));
