// What the workloads' programs have in common, so that all of them answer in the same way.
//
// Owns: exit codes, printing, settings from the environment, the frame of a command tree, listening on a port, taking turns.
// Never: what a command does.
export { keepCompiledCode, shareCompiledCode } from "./compiled-code.ts";
export { CommandError, EXIT, type ExitCode } from "./exit-codes.ts";
export { isLoopbackHost } from "./guard.ts";
export { listen, type Listening } from "./listen.ts";
export { messageOf } from "./message-of.ts";
export { inTemporaryDirectory, interruptibly, untilUseless, workOn } from "./one-shot.ts";
export { createPrint, printable, type Print } from "./print.ts";
export { createProgram, runProgram, type Frame, type ProgramOptions } from "./program.ts";
export { readCount } from "./read-count.ts";
export { readEnvironment, setting, SettingsError, writeEnvironment, type Environment, type EnvironmentReader, type SettingRow } from "./settings.ts";
export { createTurns, type Turns } from "./turns.ts";
export { serveUntilSignal, untilSignal } from "./until-signal.ts";
