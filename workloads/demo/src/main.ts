// The main job: imports real test reports, then sinks one ship per cause and shows each verdict.
import { randomUUID } from "node:crypto";
import { inspect } from "node:util";
import { CofferdamError } from "cofferdam";
import { drainHarbour } from "./drain-harbour.ts";
import { openHarbour, showEvent, type Harbour } from "./harbour.ts";
import { importFromJenkins, importReports } from "./imports.ts";
import { findMarked, MARK_NAME } from "./left-behind.ts";
import { loseFleet } from "./lose-fleet.ts";
import { readOptions, USAGE, type Options } from "./options.ts";
import { sailFleet } from "./sail.ts";
import { heading, say } from "./say.ts";
import { isAllRight, showSummary, showSurvivors, showTallies, type Findings } from "./summary.ts";

const EXIT = { right: 0, wrong: 1, usage: 2, interrupted: 130 } as const;

// The first Ctrl-C lets running jobs end, the second one does not.
const interrupt = new AbortController();
const hurry = new AbortController();
const interrupted = new Promise<"interrupted">((resolve) => interrupt.signal.addEventListener("abort", () => resolve("interrupted"), { once: true }));
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => (interrupt.signal.aborted ? hurry : interrupt).abort());

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  let options: Options | "help";
  try {
    options = readOptions(args);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}\n`);
    return EXIT.usage;
  }
  if (options === "help") {
    say(USAGE);
    return EXIT.right;
  }
  return await run(options).catch((error: unknown) => {
    process.stderr.write(`${error instanceof CofferdamError ? [error.message, error.hint].join("\n  ") : inspect(error)}\n`);
    return EXIT.wrong;
  });
}

async function run(options: Options): Promise<number> {
  // Inherited by everything that is started from here on, also by what clears it from its command line.
  const mark = randomUUID();
  process.env[MARK_NAME] = mark;
  const startedAtMs = performance.now();
  const harbour = await openHarbour(options);
  hurry.signal.addEventListener("abort", () => harbour.hurry(), { once: true });
  let findings: Omit<Findings, "survivors" | "seconds"> | "interrupted";
  try {
    findings = await Promise.race([show(harbour), interrupted, untilFailed(harbour)]);
    if (findings !== "interrupted" && options.mode === "stay") {
      invite(harbour);
      await interrupted;
    }
  } finally {
    heading("Closing");
    await harbour.close();
  }
  const survivors = findMarked(mark);
  if (findings === "interrupted") {
    showSurvivors(survivors);
    return survivors.length === 0 ? EXIT.interrupted : EXIT.wrong;
  }
  const all: Findings = { ...findings, survivors, seconds: (performance.now() - startedAtMs) / 1000 };
  showSummary(all);
  return isAllRight(all) ? EXIT.right : EXIT.wrong;
}

/** Where no worker comes up, what is asked for never ends. */
async function untilFailed({ service }: Harbour): Promise<never> {
  throw new Error(await service.runtime.failed);
}

async function show({ service, jenkins, url, secondDirectory }: Harbour): Promise<Omit<Findings, "survivors" | "seconds">> {
  const { enforcement, enforcementNotes } = await service.runtime.control.health();
  say(`Cofferdam at ${url}: tier ${enforcement.tier}, memory ${enforcement.memory}, pids ${enforcement.pids}.`);
  for (const note of enforcementNotes) say(`  ${note}`);

  heading("1. Importing the reports that real runners wrote, and one build of a Jenkins stand-in");
  const tallies = [...(await importReports(service)), ...(await importFromJenkins(service, jenkins))];
  say();
  showTallies(tallies);

  heading("2. Shipwrecks: one job per cause");
  interrupt.signal.throwIfAborted();
  const fleet = await sailFleet(service.runtime);

  heading("3. A second runtime is killed while its job runs, and started again");
  interrupt.signal.throwIfAborted();
  const lost = await loseFleet({ dataDirectory: secondDirectory, signal: interrupt.signal, onEvent: showEvent });

  heading("4. A job far below its budget meets the kernel's OOM killer");
  const drained = await drainHarbour(enforcement, interrupt.signal);
  say(drained.kind === "ended" ? `${drained.verdict.cause}: ${drained.verdict.summary}` : `NOT SHOWN HERE: ${drained.why}`);
  return { tallies, voyages: [...fleet, lost, drained] };
}

function invite({ url }: Harbour): void {
  heading(`The API is up at ${url} (Ctrl-C ends it, twice at once). Try:`);
  say(`  curl ${url}/api/v1/jobs?tag=shipwreck`);
  say(`  curl ${url}/api/v1/quarantine`);
  say(`  curl -N ${url}/api/v1/events`);
  say(`  curl -X POST ${url}/api/v1/jobs -H 'content-type: application/json' -d '{"type":"ship.sails-in-circles"}'`);
}
