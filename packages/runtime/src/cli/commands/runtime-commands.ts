import type { Command } from "commander";
import type { Lazy } from "../program.ts";
import { collect, withExecSettings, withHostSettings, withJson } from "./options.ts";

/** What runs jobs in this process: init, dev, start, run, exec. */
export function addRuntimeCommands(program: Command, lazy: Lazy): void {
  program
    .command("init")
    .description("write cofferdam.config.ts and jobs/hello.ts; nothing is overwritten")
    .argument("[directory]", "where to", ".")
    .action(lazy(async () => (await import("./init.ts")).init));

  withHostSettings(program.command("dev"))
    .description("run everything here, print what happens, reload when a job module changes")
    .argument("[paths...]", "job modules or directories of them")
    .action(lazy(async () => (await import("./dev.ts")).dev));

  withHostSettings(program.command("start"))
    .description("run everything in production: store, API, workers")
    .argument("[paths...]", "job modules or directories of them")
    .action(lazy(async () => (await import("./start.ts")).start));

  withJson(program.command("run"))
    .description("run one job in the foreground, in a temporary data directory, without services and schedules, and print its verdict")
    .argument("<type>", "job type")
    .argument("[input]", "JSON, @file, or - for standard input")
    .option("--jobs <path>", "job modules or directories of them", collect)
    .option("--once", "one attempt only: no retry")
    .option("--config <file>", "config file (default: cofferdam.config.* in the working directory)")
    .option("--tier <tier>", "strongest enforcement to use: auto, cgroup, pidns or scan")
    .action(lazy(async () => (await import("./run.ts")).run));

  withExecSettings(withJson(program.command("exec")))
    .description("run any program inside the compartment: budgets for its whole process tree, a verdict at its end")
    .argument("<command...>", "the program and its arguments, after --")
    .option("--tier <tier>", "strongest enforcement to use: auto, cgroup, pidns or scan")
    .option("--cwd <path>", "directory it runs in")
    .option("--env <name=value>", "added to its environment", collect)
    .passThroughOptions()
    .action(lazy(async () => (await import("./exec.ts")).exec));
}
