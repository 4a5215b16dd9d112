import type { Command } from "commander";
import type { Lazy } from "../program.ts";
import { collect, withClient, withJson } from "./options.ts";

const FILTERS = "only jobs that match: state, type, lane, tag, cause, text, since or before; repeat it to narrow";

/** What works on jobs: add, jobs, show, logs, why, retry, cancel, quarantine. */
export function addJobCommands(program: Command, lazy: Lazy): void {
  withClient(withJson(program.command("add")))
    .description("add a job")
    .argument("<type>", "job type")
    .argument("[input]", "JSON, @file, or - for standard input")
    .option("--lane <lane>", "lane it waits in")
    .option("--priority <number>", "-100 (last) to 100 (first)")
    .option("--delay <duration>", "run it not before this long from now")
    .option("--at <time>", "run it not before this time")
    .option("--unique <key>", "while a job of this type with this key waits or runs, add no second one")
    .option("--tag <tag>", "tags to find it by", collect)
    .option("--idempotency-key <key>", "the same key again gives the same answer and no second job")
    .action(lazy(async () => (await import("./add.ts")).add));

  withClient(withJson(program.command("jobs")))
    .description("list jobs, newest first")
    .option("--state <state>", "scheduled, ready, running, retrying, succeeded, failed, cancelled or quarantined; repeat it for more", collect)
    .option("--type <type>", "job type")
    .option("--lane <lane>", "lane")
    .option("--tag <tag>", "tag")
    .option("--cause <cause>", "cause of the last verdict, such as over-memory")
    .option("--text <text>", "text in the id, summary or input")
    .option("--since <time>", "added at or after this time, or this long ago")
    .option("--before <time>", "added before this time, or longer ago than this")
    .option("--limit <count>", "at most so many", "50")
    .option("--cursor <cursor>", "go on where the last page ended")
    .option("--count", "print only how many there are, counted up to 10000")
    .action(lazy(async () => (await import("./jobs.ts")).jobs));

  withClient(withJson(program.command("replay")))
    .description("run an attempt again, here, with exactly its input, apart from the queue")
    .argument("<attempt>", "attempt id, or job id for its last attempt")
    .option("--memory <size>", "another memory budget, such as 4GB; none lifts it")
    .option("--inspect [port]", "wait for a debugger on this port of 127.0.0.1 (9229); limits of time are lifted")
    .option("--heap-prof [directory]", "write a sampling heap profile when it ends by itself")
    .option("--trace-gc", "a line for each garbage collection")
    .option("--from-checkpoint", "begin with the job's last checkpoint instead of with what the attempt began with")
    .option("--from-start", "begin from the start, without any checkpoint")
    .option("--settle", "when it succeeds, give the job this result")
    .option("--jobs <path>", "job modules or directories of them", collect)
    .option("--tier <tier>", "strongest enforcement to use: auto, cgroup, pidns or scan")
    .action(lazy(async () => (await import("./replay.ts")).replay));

  withClient(withJson(program.command("show")))
    .description("everything about one job: state, attempts, verdicts, evidence, leaks")
    .argument("<id>", "job id")
    .option("--input", "also its input")
    .option("--result", "also its result")
    .option("--checkpoint", "also its last checkpoint")
    .action(lazy(async () => (await import("./show.ts")).showJob));

  withClient(program.command("logs"))
    .description("what an attempt wrote to standard output and standard error")
    .argument("<id>", "job id")
    .option("--attempt <number>", "which attempt (default: the last one)")
    .option("-f, --follow", "go on until the attempt has ended")
    .action(lazy(async () => (await import("./logs.ts")).logs));

  withClient(withJson(program.command("why")))
    .description("why a job is not running")
    .argument("<id>", "job id")
    .action(lazy(async () => (await import("./why.ts")).why));

  withClient(withJson(program.command("profile")))
    .description("sample the CPU or the heap of a running Node job into a file for Chrome's developer tools")
    .argument("<id>", "job id")
    .option("--cpu", "where its main thread spends its time (the default)")
    .option("--heap", "who allocates what is kept")
    .option("--seconds <count>", "how long, 0.1 to 60", "5")
    .option("--out <file>", "where to, instead of <id>.cpuprofile or <id>.heapprofile")
    .action(lazy(async () => (await import("./profile.ts")).profile));

  withClient(withJson(program.command("retry")))
    .description("make ended jobs ready again")
    .argument("[id]", "job id")
    .option("--filter <key=value>", FILTERS, collect)
    .option("--dry-run", "only say how many there are")
    .option("--yes", "do it for all that match")
    .option("--input <input>", "a new job with this input instead: JSON, @file or - (with an id)")
    .action(lazy(async () => (await import("./change.ts")).retry));

  withClient(withJson(program.command("cancel")))
    .description("cancel jobs; a running one is asked to end first")
    .argument("[id]", "job id")
    .option("--filter <key=value>", FILTERS, collect)
    .option("--dry-run", "only say how many there are")
    .option("--yes", "do it for all that match")
    .option("--kill", "do not ask: end its process tree at once (with an id)")
    .option("--reason <text>", "why, for the record")
    .action(lazy(async () => (await import("./change.ts")).cancel));

  addQuarantine(program, lazy);
}

function addQuarantine(program: Command, lazy: Lazy): void {
  const quarantine = program.command("quarantine").description("jobs that must not run again unattended").helpCommand(false);
  withClient(withJson(quarantine.command("list", { isDefault: true })))
    .description("list them")
    .allowExcessArguments()
    .option("--limit <count>", "at most so many", "50")
    .option("--cursor <cursor>", "go on where the last page ended")
    .action(lazy(async () => (await import("./quarantine.ts")).listQuarantine));
  withClient(withJson(quarantine.command("show")))
    .description("everything about one of them")
    .argument("<id>", "job id")
    .action(lazy(async () => (await import("./show.ts")).showJob));
  withClient(withJson(quarantine.command("release")))
    .description("let them run again")
    .argument("[id]", "job id")
    .option("--filter <key=value>", FILTERS, collect)
    .option("--dry-run", "only say how many there are")
    .option("--yes", "do it for all that match")
    .option("--lane <lane>", "in another lane, such as high-memory")
    .option("--canary <count>", "so many first; the others only when all of these have succeeded (with --filter)")
    .action(lazy(async () => (await import("./quarantine.ts")).release));
  withClient(withJson(quarantine.command("discard")))
    .description("end them for good: they become failed")
    .argument("[id]", "job id")
    .option("--filter <key=value>", FILTERS, collect)
    .option("--dry-run", "only say how many there are")
    .option("--yes", "do it for all that match")
    .action(lazy(async () => (await import("./quarantine.ts")).discard));
}
