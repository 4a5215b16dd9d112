import { runtimeOptionsOf } from "../../config/index.ts";
import { EXIT } from "../exit-codes.ts";
import { announce, onStopSignals, printEvents } from "../foreground.ts";
import { loadStartRuntime } from "../load-host.ts";
import type { CommandContext } from "../program.ts";
import { configOf } from "./options.ts";

/** Runs until it is asked to end; the second request is faster. */
export async function start({ terminal }: CommandContext, paths: readonly string[], options: Readonly<Record<string, unknown>>): Promise<number> {
  const { config } = await configOf(terminal, options, paths);
  const startRuntime = await loadStartRuntime();
  const { promise: stopRequested, resolve: requestStop } = Promise.withResolvers<void>();
  let hurry = () => {};
  const stopListening = onStopSignals((count, signal) => {
    terminal.note(count === 1 ? `cofferdam: ${signal}: shutting down; once more is faster` : `cofferdam: ${signal}: faster`);
    if (count === 1) requestStop();
    else hurry();
  });
  const runtime = await startRuntime(runtimeOptionsOf(config));
  const stopPrinting = printEvents(runtime, terminal);
  announce(runtime, terminal);
  await stopRequested;
  hurry = () => void runtime.stop();
  await runtime.stop();
  stopPrinting();
  stopListening();
  return EXIT.ok;
}
