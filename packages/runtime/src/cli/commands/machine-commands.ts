import type { Command } from "commander";
import type { Lazy } from "../program.ts";
import { withHostSettings, withJson } from "./options.ts";

/** What is answered without a running runtime: doctor, config, completion, version. */
export function addMachineCommands(program: Command, lazy: Lazy): void {
  withHostSettings(withJson(program.command("doctor")))
    .description("what this machine can enforce, and what is wrong with it; exits 1 when something is")
    .action(lazy(async () => (await import("./doctor.ts")).doctor));

  withHostSettings(withJson(program.command("config")))
    .description("print every setting as it would be used")
    .option("--show-origin", "and where each comes from")
    .action(lazy(async () => (await import("./config.ts")).config));

  program
    .command("completion")
    .description("print a completion script")
    .argument("<shell>", "bash, zsh or fish")
    .action(lazy(async () => (await import("./completion.ts")).completion));

  withJson(program.command("version"))
    .description("print the version")
    .action(lazy(async () => (await import("./version.ts")).version));
}
