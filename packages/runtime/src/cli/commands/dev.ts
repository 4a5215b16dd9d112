import { runtimeOptionsOf } from "../../config/index.ts";
import type { Runtime, RuntimeOptions } from "../../runtime-types.ts";
import { EXIT } from "../exit-codes.ts";
import { announce, onStopSignals, printEvents, reportBroken } from "../foreground.ts";
import { loadStartRuntime, type StartRuntime } from "../load-host.ts";
import type { CommandContext } from "../program.ts";
import { reportError, type Terminal } from "../terminal.ts";
import { watchModules } from "../watch-modules.ts";
import { configOf } from "./options.ts";

type Wish = "reload" | "stop";

/** Runs everything here; when a job module changes, the running jobs are drained and the host starts again with the new code. */
export async function dev({ terminal }: CommandContext, paths: readonly string[], options: Readonly<Record<string, unknown>>): Promise<number> {
  const { config } = await configOf(terminal, options, paths);
  terminal.ignoreBrokenPipe();
  const startRuntime = await loadStartRuntime();
  const wishes = createWishes();
  let hurry = () => {};
  const stopListening = onStopSignals((count) => (count === 1 ? wishes.put("stop") : hurry()));
  const stopWatching = watchModules(config.jobs, () => wishes.put("reload"));
  let hostOptions: RuntimeOptions = { ...runtimeOptionsOf(config), ...(config.logLevel === "info" ? { logLevel: "warn" } : {}) };
  terminal.note("cofferdam: watching for changes; Ctrl-C ends it");
  for (let wish: Wish = "reload"; wish === "reload";) {
    const runtime = await startOrReport(startRuntime, hostOptions, terminal);
    const stopPrinting = runtime === null ? () => {} : printEvents(runtime, terminal);
    if (runtime !== null) {
      reportBroken(runtime, terminal);
      announce(runtime, terminal);
      hostOptions = withPort(hostOptions, runtime);
    }
    wish = await wishes.take();
    hurry = () => void runtime?.stop();
    await runtime?.stop();
    stopPrinting();
    if (wish === "reload") terminal.note("cofferdam: a job module changed, starting again");
  }
  stopWatching();
  stopListening();
  return EXIT.ok;
}

/** A host that cannot start is told of; the next change of a file tries again. */
async function startOrReport(startRuntime: StartRuntime, options: RuntimeOptions, terminal: Terminal): Promise<Runtime | null> {
  try {
    return await startRuntime(options);
  } catch (error) {
    reportError(terminal, error);
    return null;
  }
}

/** A port that was picked stays the same over reloads. */
function withPort(options: RuntimeOptions, runtime: Runtime): RuntimeOptions {
  if (runtime.url === null || typeof options.http !== "object") return options;
  return { ...options, http: { ...options.http, port: Number(new URL(runtime.url).port) } };
}

/** The latest wish; "stop" is never replaced by "reload". */
function createWishes(): { put(wish: Wish): void; take(): Promise<Wish> } {
  let wanted: Wish | null = null;
  let wake = () => {};
  return {
    put(wish) {
      wanted = wanted === "stop" ? "stop" : wish;
      wake();
    },
    async take() {
      if (wanted === null) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      const wish = wanted ?? "reload";
      if (wish === "reload") wanted = null;
      return wish;
    },
  };
}
