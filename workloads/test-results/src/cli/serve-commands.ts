import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Command } from "commander";
import { startService, type Service } from "../service.ts";
import { readSettings } from "../settings.ts";
import { startStandIn } from "../stand-in/server.ts";
import { makeWorld } from "../stand-in/world.ts";
import { runDemo } from "./demo.ts";
import { withService } from "./one-shot.ts";
import { EXIT, type ExitCode, keepCompiledCode, type Print, readCount, serveUntilSignal, shareCompiledCode, untilSignal } from "workload-command-line";

export function addServeCommands(program: Command, print: Print): void {
  program
    .command("serve")
    .description("HTTP interface, regular polls and imports, until SIGTERM")
    .action(async () => {
      const settings = readSettings();
      shareCompiledCode(join(settings.runtimeDirectory, "compiled"));
      const service = await startService({ settings, http: true });
      keepCompiledCode();
      await serveUntilSignal(service, () => print.data({ url: service.url }, () => `listening on ${service.url}`));
    });
  program
    .command("poll")
    .description("look for new parent builds of the active releases")
    .option("--once", "once instead of every POLL_HOURS")
    .action(async (options: { readonly once?: boolean }) => {
      process.exitCode = await withService(async (service) => {
        let code = await pollOnce(service, print);
        const hours = readSettings().pollHours;
        const interval = options.once === true ? null : setInterval(() => void pollOnce(service, print).then((next) => (code = next)), hours * 3_600_000);
        if (interval !== null) await untilSignal();
        clearInterval(interval ?? undefined);
        return code;
      });
    });
  program
    .command("download <job-url>")
    .description("import one parent build, or the latest one of a job")
    .option("--release <name>", "when the address does not tell")
    .option("--force", "also modules that have not changed")
    .action(async (jobUrl: string, options: { readonly release?: string; readonly force?: boolean }) => {
      process.exitCode = await withService(async (service) => {
        const runId = await service.conductor.download({ release: options.release ?? null, jobUrl, skipExisting: options.force !== true, keys: null });
        return await followRun(service, runId, print);
      });
    });
  program
    .command("stand-in")
    .description("a small Jenkins on loopback, with faults on request")
    .option("--paths <file>", "test paths to make its tests of")
    .option("--cases <number>", "tests of each module", "200")
    .option("--builds <number>", "parent builds", "5")
    .option("--port <number>", "0 picks a free one", "0")
    .action(async (options: { readonly paths?: string; readonly cases: string; readonly builds: string; readonly port: string }) => {
      const paths = options.paths === undefined ? null : await readFile(options.paths, "utf8");
      const world = makeWorld({ casesPerModule: readCount("--cases", options.cases), builds: readCount("--builds", options.builds), paths });
      const standIn = await startStandIn(world, readCount("--port", options.port));
      await untilSignal(() => print.data({ url: standIn.url, parent_url: standIn.parentUrl }, () => standIn.parentUrl));
      await standIn.close();
    });
  program
    .command("demo")
    .description("stand-in, import, queries; leaves nothing behind")
    .action(async () => {
      process.exitCode = await runDemo(print);
    });
}

async function pollOnce(service: Service, print: Print): Promise<ExitCode> {
  const runId = await service.conductor.poll();
  return runId === null ? EXIT.done : await followRun(service, runId, print);
}

/** Says what a run says, as it says it. */
export async function followRun(service: Service, runId: string, print: Print): Promise<ExitCode> {
  const { conductor } = service;
  let seq = 0;
  const sayNew = async (): Promise<void> => {
    for (const { seq: number, message } of await conductor.runs.messages(runId, seq)) {
      if (number > seq) print.note(message);
      seq = Math.max(seq, number);
    }
  };
  let said = Promise.resolve();
  const unwatch = conductor.runs.watch(runId, () => {
    said = said.then(sayNew);
  });
  await conductor.idle();
  unwatch();
  await said;
  await sayNew();
  const run = await conductor.runs.find(runId);
  print.data(
    { run: runId, status: run?.state ?? "failed", error: run?.error ?? null },
    () => `${run?.state ?? "failed"}${run?.error === null || run === null ? "" : `: ${run.error}`}`,
  );
  return run?.state === "success" ? EXIT.done : run?.state === "partial" ? EXIT.partial : EXIT.failed;
}
