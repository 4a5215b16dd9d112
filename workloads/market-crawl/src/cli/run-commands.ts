import * as z from "zod";
import { CommandError, EXIT, type ExitCode, type Frame } from "workload-command-line";
import { isSourceName, SOURCE_NAMES, type SourceName } from "../sources/item.ts";
import { readSettings } from "../settings.ts";
import { exitCodeOf, followRun, withService } from "./one-shot.ts";
import { untilStatus } from "./until-status.ts";

interface TriggerOptions {
  readonly refuse?: boolean;
  readonly wait?: boolean;
  readonly url?: string;
}

export function addRunCommands({ program, print }: Frame): void {
  program
    .command("run")
    .description("crawl now, in this terminal; joins a run that is active")
    .option("--source <name>", `only this source: ${SOURCE_NAMES.join(" or ")}`)
    .action(async ({ source }: { readonly source?: string }) => {
      const sources = readSources(source);
      process.exitCode = await withService(async (service): Promise<ExitCode> => {
        const { kind, run } = await service.conductor.trigger({ trigger: "cli", sources, mode: "join" });
        print.note(kind === "joined" ? `run ${run.id} is active; waiting for its end` : `run ${run.id}`);
        return await followRun(service, run.id, print);
      });
    });
  program
    .command("resume <run>")
    .description("go on with a run that was interrupted, failed or cancelled")
    .action(async (runId: string) => {
      process.exitCode = await withService(async (service): Promise<ExitCode> => {
        const resumed = await service.conductor.resume(runId);
        if (resumed.kind === "missing") throw new CommandError(EXIT.nothingMatched, `there is no run ${runId}`, "`market-crawl status` lists the last ones.");
        if (resumed.kind === "wrong-state")
          throw new CommandError(
            EXIT.refused,
            `run ${runId} is ${resumed.status}`,
            "Only a run that was interrupted, failed or cancelled goes on, and only while no other is active.",
          );
        print.note(`run ${runId} goes on`);
        return await followRun(service, runId, print);
      });
    });
  program
    .command("trigger")
    .description("ask the server for a run")
    .option("--refuse", "fail when a run is active, instead of joining it")
    .option("--wait", "wait for the end of the run; its status is the exit code")
    .option("--url <address>", "the server; default: this machine, PORT")
    .action(async (options: TriggerOptions) => {
      process.exitCode = await trigger({ print }, options.url ?? `http://127.0.0.1:${readSettings().port}`, options);
    });
}

function readSources(name: string | undefined): readonly SourceName[] {
  if (name === undefined) return SOURCE_NAMES;
  if (isSourceName(name)) return [name];
  throw new CommandError(EXIT.usage, `--source ${name}: there is no such source`, `Sources are ${SOURCE_NAMES.join(" and ")}.`);
}

const triggered = z.looseObject({ run_id: z.string(), run_url: z.string(), status: z.string(), joined: z.boolean(), message: z.string() });

async function trigger({ print }: Pick<Frame, "print">, server: string, { refuse, wait }: TriggerOptions): Promise<ExitCode> {
  const body = JSON.stringify(refuse === true ? { mode: "refuse" } : {});
  const response = await ask(new URL("/scraper/trigger", server), { method: "POST", headers: { "content-type": "application/json" }, body });
  const answer: unknown = await response.json();
  if (response.status === 409) throw new CommandError(EXIT.refused, detailOf(answer), "Without --refuse the active run is joined.");
  const parsed = triggered.safeParse(answer);
  if (!parsed.success) throw new CommandError(EXIT.failed, detailOf(answer));
  const { run_id, joined } = parsed.data;
  if (wait !== true) {
    print.data(parsed.data, () => `${joined ? "joined" : "started"} run ${run_id}`);
    return EXIT.done;
  }
  print.note(`${joined ? "joined" : "started"} run ${run_id}`);
  const end = await untilStatus(await ask(new URL(`${parsed.data.run_url}/events`, server), {}));
  print.data(end, () => `${run_id} ${end.status}`);
  return exitCodeOf(end.status);
}

async function ask(url: URL, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, init);
  } catch (error) {
    throw new CommandError(EXIT.failed, `nobody answers at ${url.origin}: ${error instanceof Error ? error.message : String(error)}`, "Start one with `market-crawl serve`.");
  }
}

function detailOf(answer: unknown): string {
  return typeof answer === "object" && answer !== null && "detail" in answer ? String(answer.detail) : "the server's answer cannot be read";
}
