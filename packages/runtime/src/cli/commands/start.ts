import { runtimeOptionsOf } from "../../config/index.ts";
import { EXIT } from "../exit-codes.ts";
import { announce, onStopSignals, printEvents } from "../foreground.ts";
import { loadStartRuntime } from "../load-host.ts";
import type { CommandContext } from "../program.ts";
import { configOf } from "./options.ts";

/** Runs until it is asked to end; the second request is faster. */
export async function start({ terminal }: CommandContext, paths: readonly string[], options: Readonly<Record<string, unknown>>): Promise<number> {
  const { config } = await configOf(terminal, options, paths);
  terminal.ignoreBrokenPipe();
  const startRuntime = await loadStartRuntime();
  const { promise: stopRequested, resolve: requestStop } = Promise.withResolvers<void>();
  let hurry = () => {};
  const stopListening = onStopSignals((count, signal) => {
    terminal.note(count === 1 ? `cofferdam: ${signal}: shutting down; once more is faster` : `cofferdam: ${signal}: faster`);
    if (count === 1) requestStop();
    else hurry();
  });
  const runtime = await startRuntime(runtimeOptionsOf(config));
  let exitCode: number = EXIT.ok;
  const stopWatching = runtime.onEvent((event) => {
    if (event.kind !== "service.escalated" || event.to !== "runtime") return;
    // Whoever runs this container or unit starts it anew: a service that cannot be kept alive is never a silent loop.
    exitCode = EXIT.escalated;
    requestStop();
  });
  const stopPrinting = printEvents(runtime, terminal);
  announce(runtime, terminal);
  const problem = await Promise.race([stopRequested, runtime.failed]);
  if (problem !== undefined) exitCode = EXIT.escalated;
  if (problem !== undefined) terminal.note(`cofferdam: ${problem}; this process ends, so that whoever supervises it can start it anew`);
  hurry = () => void runtime.stop();
  await runtime.stop();
  stopWatching();
  stopPrinting();
  stopListening();
  return exitCode;
}
