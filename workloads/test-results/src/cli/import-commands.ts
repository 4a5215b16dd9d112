import { readdir, stat } from "node:fs/promises";
import { join, relative, resolve } from "node:path";
import type { Command } from "commander";
import type { ModuleEnd } from "../conduct/import-module.ts";
import type { ImportRequestInput } from "../import/request.ts";
import { isOrderFile } from "../order/order-file-name.ts";
import { exitCodeOf, gravest, withService, wordEnd } from "./one-shot.ts";
import { CommandError, EXIT, type ExitCode, type Print } from "workload-command-line";

interface ImportOptions {
  readonly junitOnly?: boolean;
  readonly force?: boolean;
}

interface JunitOptions {
  readonly release: string;
  readonly module: string;
  readonly job: string;
  readonly topology?: string;
  readonly force?: boolean;
}

export function addImportCommands(program: Command, print: Print): void {
  program
    .command("import <release> <module> <job> <directory>")
    .description("import one job's artifacts from a directory")
    .option("--junit-only", "leave order files aside")
    .option("--force", "also when nothing has changed")
    .action(async (release: string, module: string, job: string, directory: string, options: ImportOptions) => {
      await assertSomething(directory);
      process.exitCode = await runAll(print, [
        { release, module, job, directory: resolve(directory), mode: options.junitOnly === true ? "junit-only" : "auto", force: options.force === true },
      ]);
    });
  program
    .command("import-tree <logs>")
    .description("import every LOGS/RELEASE/MODULE/JOB directory")
    .option("--junit-only", "leave order files aside")
    .option("--force", "also when nothing has changed")
    .action(async (logs: string, options: ImportOptions) => {
      const requests = await findTree(resolve(logs));
      if (requests.length === 0) throw new CommandError(EXIT.nothingMatched, `${logs} has no RELEASE/MODULE/JOB directories`);
      process.exitCode = await runAll(
        print,
        requests.map((request): ImportRequestInput => Object.assign(request, { mode: options.junitOnly === true ? "junit-only" : "auto", force: options.force === true })),
      );
    });
  program
    .command("import-junit <file...>")
    .description("import JUnit XML files, or all *.xml of directories, as one job")
    .requiredOption("--release <name>", "release")
    .requiredOption("--module <name>", "module")
    .requiredOption("--job <id>", "job")
    .option("--topology <name>", "instead of what the directories say")
    .option("--force", "also when nothing has changed")
    .action(async (given: string[], options: JunitOptions) => {
      const files = await expand(given);
      if (files.length === 0) throw new CommandError(EXIT.nothingMatched, "there is no XML file in what was given");
      const { release, module, job } = options;
      // Paths are kept from the root on: the directory above a file may name its topology.
      process.exitCode = await runAll(print, [
        { release, module, job, directory: "/", files, mode: "junit-only", topology: options.topology ?? null, force: options.force === true },
      ]);
    });
}

async function runAll(print: Print, requests: readonly ImportRequestInput[]): Promise<ExitCode> {
  const ends = await withService((service) =>
    Promise.all(
      requests.map(async (request): Promise<ModuleEnd> => {
        const end = await service.conductor.importNow(request);
        print.data({ release: request.release, module: request.module, job: request.job, ...end }, () => wordEnd(`${request.release}/${request.module}/${request.job}`, end));
        return end;
      }),
    ),
  );
  return gravest(ends.map(exitCodeOf));
}

async function assertSomething(directory: string): Promise<void> {
  const found = await stat(directory).catch(() => null);
  if (found === null || !found.isDirectory()) throw new CommandError(EXIT.usage, `${directory} is not a directory`);
  const entries = await readdir(directory, { recursive: true });
  if (!entries.some((name) => isOrderFile(name) || name.toLowerCase().endsWith(".xml")))
    throw new CommandError(EXIT.nothingMatched, `${directory} has neither *.order.txt nor *.xml files`);
}

async function findTree(logs: string): Promise<ImportRequestInput[]> {
  const found: ImportRequestInput[] = [];
  for (const release of await directoriesIn(logs)) {
    for (const module of await directoriesIn(join(logs, release))) {
      for (const job of await directoriesIn(join(logs, release, module))) found.push({ release, module, job, directory: join(logs, release, module, job) });
    }
  }
  return found;
}

async function directoriesIn(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { withFileTypes: true }).catch(() => {
    throw new CommandError(EXIT.usage, `${directory} cannot be read`);
  });
  return entries
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort(new Intl.Collator("en", { numeric: true }).compare);
}

async function expand(given: readonly string[]): Promise<string[]> {
  const files: string[] = [];
  for (const path of given.map((each) => resolve(each))) {
    const found = await stat(path).catch(() => null);
    if (found === null) throw new CommandError(EXIT.usage, `${path} does not exist`);
    const inside = found.isDirectory() ? (await readdir(path, { recursive: true })).filter((name) => name.toLowerCase().endsWith(".xml")).map((name) => join(path, name)) : [path];
    files.push(...inside.map((each) => relative("/", each).split("\\").join("/")));
  }
  return files;
}
