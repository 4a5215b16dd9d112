import { once } from "node:events";
import { join } from "node:path";
import type { Command } from "commander";
import { profileText } from "../generate/profile-text.ts";
import { FLAWS, isFlaw, isSizeName, SIZES } from "../generate/sizes.ts";
import { listen } from "../http/listen.ts";
import { startService } from "../service.ts";
import { readSettings } from "../settings.ts";
import { startStandIn } from "../stand-in/server.ts";
import { runDemo } from "./demo.ts";
import { CommandError, EXIT, keepCompiledCode, type Print, readCount, serveUntilSignal, shareCompiledCode, untilSignal } from "workload-command-line";

interface GenerateFlags {
  readonly size: string;
  readonly n: string;
  readonly flaw: string;
  readonly form?: string;
  readonly wrap?: boolean;
  readonly troops?: string;
  readonly pets?: string;
  readonly artifacts?: string;
  readonly teams?: string;
  readonly history?: string;
}

export function addServeCommands(program: Command, print: Print): void {
  program
    .command("serve")
    .description("HTTP interface and processing, until SIGTERM")
    .action(async () => {
      const settings = readSettings();
      shareCompiledCode(join(settings.runtimeDirectory, "compiled"));
      const service = await startService({ settings, adopts: true });
      keepCompiledCode();
      const door = await listen(service).catch(async (error: unknown) => {
        await service.stop();
        throw error;
      });
      const announce = (): void => print.data({ url: door.url, metrics_url: door.metricsUrl }, () => `listening on ${door.url}, metrics on ${door.metricsUrl}`);
      await serveUntilSignal(service, announce, async () => {
        await door.close();
        await service.stop();
      });
    });
  program
    .command("generate")
    .description("write a profile to standard output: seeded, of any size and shape")
    .option("--size <name>", Object.keys(SIZES).join(", "), "tiny")
    .option("--n <number>", "which one; the same number gives the same bytes", "1")
    .option("--flaw <name>", FLAWS.join(", "), "none")
    .option("--form <name>", "array or map")
    .option("--wrap", 'inside {"result": …}')
    .option("--troops <number>", "instead of the size's")
    .option("--pets <number>", "likewise")
    .option("--artifacts <number>", "likewise")
    .option("--teams <number>", "likewise")
    .option("--history <number>", "likewise")
    .action((flags: GenerateFlags) => generate(flags));
  program
    .command("stand-in")
    .description("a small upstream on loopback, with faults on request")
    .option("--port <number>", "0 picks a free one", "0")
    .option("--size <name>", "of its profiles", "small")
    .action(async ({ port, size }: { readonly port: string; readonly size: string }) => {
      if (!isSizeName(size)) throw new CommandError(EXIT.usage, `--size ${size}: ${Object.keys(SIZES).join(", ")}`);
      const standIn = await startStandIn(readCount("--port", port), size);
      await untilSignal(() => print.data({ url: standIn.url }, () => standIn.url));
      await standIn.close();
    });
  program
    .command("demo")
    .description("everything once, in a temporary directory; leaves nothing behind")
    .action(async () => {
      process.exitCode = await runDemo(print);
    });
}

async function generate(flags: GenerateFlags): Promise<void> {
  const { size, flaw, form } = flags;
  if (!isSizeName(size)) throw new CommandError(EXIT.usage, `--size ${size}: ${Object.keys(SIZES).join(", ")}`);
  if (!isFlaw(flaw)) throw new CommandError(EXIT.usage, `--flaw ${flaw}: ${FLAWS.join(", ")}`);
  if (form !== undefined && form !== "array" && form !== "map") throw new CommandError(EXIT.usage, `--form ${form}: array or map`);
  const base = SIZES[size];
  const count = (name: "troops" | "pets" | "artifacts" | "teams" | "history"): number => readCount(`--${name}`, flags[name] ?? String(base[name]));
  const shape = {
    troops: count("troops"),
    pets: count("pets"),
    artifacts: count("artifacts"),
    teams: count("teams"),
    history: count("history"),
    form: form ?? base.form,
    wrap: flags.wrap ?? base.wrap,
  };
  for (const piece of profileText({ n: readCount("--n", flags.n), shape, flaw })) if (!process.stdout.write(piece)) await once(process.stdout, "drain");
}
