import type { Command } from "commander";
import type { Lazy } from "../program.ts";
import { withClient, withJson } from "./options.ts";

/** What works on the runtime as a whole: lanes, pause, resume, schedules, types, ps, events, health, backup. */
export function addQueueCommands(program: Command, lazy: Lazy): void {
  withClient(withJson(program.command("lanes")))
    .description("list lanes, or change how many attempts one runs at once")
    .argument("[lane]", "lane to change")
    .option("--concurrency <count>", "attempts it runs at once from now on")
    .action(lazy(async () => (await import("./lanes.ts")).lanes));

  withClient(withJson(program.command("scale")))
    .description("change how many attempts a lane runs at once, until the next start; 0 starts nothing more")
    .argument("<lane>", "lane")
    .argument("<count>", "attempts at once, 0 to 1000")
    .action(lazy(async () => (await import("./lanes.ts")).scale));

  withClient(withJson(program.command("ledger")))
    .description("how the memory is shared out: limit, reserved, used, who waits for room, what would fit next")
    .action(lazy(async () => (await import("./lanes.ts")).ledger));

  withClient(withJson(program.command("pause")))
    .description("stop running a lane's jobs; they are still accepted")
    .argument("<lane>", "lane")
    .option("--intake", "stop accepting instead; what waits still runs")
    .option("--reason <text>", "why, shown by `why`")
    .option("--until <time>", "resume by itself at this time, or after this long")
    .action(lazy(async () => (await import("./lanes.ts")).pause));

  withClient(withJson(program.command("resume")))
    .description("run a lane's jobs again")
    .argument("<lane>", "lane")
    .option("--intake", "accept again")
    .option("--ramp", "step by step: one attempt, then two, then four …")
    .action(lazy(async () => (await import("./lanes.ts")).resume));

  addTrips(program, lazy);
  addSchedules(program, lazy);

  addServices(program, lazy);
  addIncidents(program, lazy);
  addBreakers(program, lazy);

  withClient(withJson(program.command("types")))
    .description("list job types, and modules that could not be used")
    .action(lazy(async () => (await import("./types.ts")).types));

  withClient(withJson(program.command("budgets")))
    .description("what the job types need of memory, and the budgets that this suggests")
    .option("--classes", "by size of the input")
    .action(lazy(async () => (await import("./learned.ts")).budgets));

  withClient(withJson(program.command("leaks")))
    .description("what the attempts of each job type leave behind: processes, files, handles, heap")
    .action(lazy(async () => (await import("./learned.ts")).leaks));

  withClient(withJson(program.command("chaos")))
    .description("inject faults into running attempts, wait, and say what became of the jobs; exits 1 when any was lost")
    .option("--rate <share>", "share of the attempts that are hit, above 0 to 1", "0.1")
    .option("--for <duration>", "how long", "1m")
    .option("--faults <faults>", "kill, stop, fill, flood, block, by comma; all of them unless given")
    .option("--type <type>", "only jobs of this type")
    .option("--force", "also in production")
    .option("--stop", "end it now")
    .option("--report", "only what the last one did")
    .action(lazy(async () => (await import("./chaos.ts")).chaos));

  withClient(withJson(program.command("ps")))
    .description("list workers and what they run")
    .action(lazy(async () => (await import("./ps.ts")).ps));

  withClient(withJson(program.command("top")))
    .description("show what every worker does, redrawn each second, the largest first; q ends it")
    .option("--once", "one frame, and end")
    .action(lazy(async () => (await import("./top.ts")).top));

  withClient(withJson(program.command("events")))
    .description("print what happens, as it happens")
    .action(lazy(async () => (await import("./events.ts")).events));

  withClient(withJson(program.command("health")))
    .description("ask the runtime how it is; exits 1 when it fails, 69 when it says nothing for 10 s")
    .option("--live", "only whether its process answers")
    .option("--ready", "only whether it accepts work")
    .action(lazy(async () => (await import("./health.ts")).health));

  withClient(withJson(program.command("backup")))
    .description("write a consistent copy of the store while it is used; refuses to overwrite")
    .argument("<file>", "where to, on the machine of the runtime")
    .action(lazy(async () => (await import("./backup.ts")).backup));
}

function addServices(program: Command, lazy: Lazy): void {
  const services = program.command("services").description("work that always runs").helpCommand(false);
  withClient(withJson(services.command("list", { isDefault: true })))
    .description("list them with their health")
    .allowExcessArguments()
    .action(lazy(async () => (await import("./services.ts")).listServices));
  withClient(withJson(services.command("show")))
    .description("the whole health of one")
    .argument("<name>", "its name")
    .action(lazy(async () => (await import("./services.ts")).showService));
  withClient(withJson(services.command("recycle")))
    .description("begin one anew; what runs is asked to end first")
    .argument("<name>", "its name")
    .option("--reason <text>", "why, for the record")
    .action(lazy(async () => (await import("./services.ts")).changeService("recycle")));
  for (const [name, description] of [
    ["stop", "stop one until somebody starts it"],
    ["start", "start one, with a clean slate of restarts"],
  ] as const) {
    withClient(withJson(services.command(name)))
      .description(description)
      .argument("<name>", "its name")
      .action(lazy(async () => (await import("./services.ts")).changeService(name)));
  }
}

function addIncidents(program: Command, lazy: Lazy): void {
  withClient(withJson(program.command("incidents")))
    .description("list abnormal ends, grouped by what they have in common")
    .option("--state <state>", "open, acknowledged, resolved or regressed")
    .option("--type <type>", "job type")
    .option("--cause <cause>", "cause of the verdict")
    .option("--limit <count>", "how many, 1 to 1000", "50")
    .option("--cursor <cursor>", "from the page before")
    .action(lazy(async () => (await import("./incidents.ts")).listIncidents));
  withClient(withJson(program.command("incident")))
    .description("show the report of an incident, or change it")
    .argument("<id>", "its id")
    .option("--md", "as Markdown, with the memory curve as SVG")
    .option("--ack", "somebody is looking at it")
    .option("--resolve [release]", "it is fixed, in this release")
    .option("--reopen", "it is not fixed after all")
    .option("--note <text>", "add a note")
    .option("--validate <rule...>", "watch that the fix holds, such as 'pids < 150 for 24h'")
    .action(lazy(async () => (await import("./incidents.ts")).incident));
}

function addBreakers(program: Command, lazy: Lazy): void {
  const breakers = program.command("breakers").description("what workers remember of who refuses them").helpCommand(false);
  withClient(withJson(breakers.command("list", { isDefault: true })))
    .description("list those that are not closed, or count failures")
    .allowExcessArguments()
    .option("--state <state>", "closed, open or half-open")
    .option("--prefix <text>", "only keys that begin with this")
    .action(lazy(async () => (await import("./breakers.ts")).listBreakers));
  withClient(withJson(breakers.command("reset")))
    .description("close one and forget what it remembers")
    .argument("<key>", "its key")
    .action(lazy(async () => (await import("./breakers.ts")).resetBreaker));
}

function addTrips(program: Command, lazy: Lazy): void {
  const trips = program.command("trips").description("lanes and job types that are held back because too much failed in them").helpCommand(false);
  withClient(withJson(trips.command("list", { isDefault: true })))
    .description("list them")
    .allowExcessArguments()
    .action(lazy(async () => (await import("./trips.ts")).listTrips));
  withClient(withJson(trips.command("resume")))
    .description("let one begin again at once, one attempt at a time")
    .argument("<scope>", "lane or type")
    .argument("<name>", "its name")
    .action(lazy(async () => (await import("./trips.ts")).resumeTrip));
}

function addSchedules(program: Command, lazy: Lazy): void {
  const schedules = program.command("schedules").description("jobs that are added by the clock").helpCommand(false);
  withClient(withJson(schedules.command("list", { isDefault: true })))
    .description("list them")
    .allowExcessArguments()
    .action(lazy(async () => (await import("./schedules.ts")).listSchedules));
  withClient(withJson(schedules.command("add")))
    .description("add or change one")
    .argument("<key>", "its name")
    .requiredOption("--type <type>", "job type")
    .requiredOption("--cron <cron>", "five or six cron fields, such as '0 3 * * *'")
    .option("--time-zone <name>", "IANA time zone", "UTC")
    .option("--input <input>", "input of its jobs: JSON, @file, or - for standard input")
    .option("--lane <lane>", "lane of its jobs")
    .option("--overlap <rule>", "skip: no new job while the last one has not ended; queue: always a new job", "skip")
    .option("--catch-up <rule>", "latest: one job for the last slot that was missed; none: missed slots are only counted", "latest")
    .action(lazy(async () => (await import("./schedules.ts")).addSchedule));
  for (const [name, description] of Object.entries({ run: "add a job now", pause: "stop adding jobs", resume: "add jobs again", remove: "remove it" })) {
    withClient(withJson(schedules.command(name)))
      .description(description)
      .argument("<key>", "its name")
      .action(lazy(async () => (await import("./schedules.ts")).changeSchedule(name)));
  }
}
