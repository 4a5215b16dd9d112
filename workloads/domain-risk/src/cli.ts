#!/usr/bin/env node
// The command line: reads arguments, prints, sets the exit code. Decides nothing else.
import { createProgram, EXIT, runProgram } from "workload-command-line";
import { addAnalyzeCommand } from "./cli/analyze-command.ts";
import { addApplyCommand } from "./cli/apply-command.ts";
import { addDemoCommand } from "./cli/demo.ts";
import { addReportCommands } from "./cli/report-commands.ts";
import { addScoreCommand } from "./cli/score-command.ts";
import { addStandInCommand } from "./cli/stand-in-command.ts";
import { addStatusCommand } from "./cli/status-command.ts";
import { OutputError } from "./report/outputs.ts";

const frame = createProgram({
  name: "domain-risk",
  description: "Scores the home pages of block lists for health hazards, manipulation and marketing pressure",
  database: null,
});
addAnalyzeCommand(frame.program, frame.print);
addReportCommands(frame.program, frame.print);
addApplyCommand(frame.program, frame.print);
addScoreCommand(frame.program, frame.print);
addStatusCommand(frame.program, frame.print);
addStandInCommand(frame.program, frame.print);
addDemoCommand(frame.program, frame.print);
await runProgram(frame, (error) => (error instanceof OutputError ? EXIT.failed : null));
