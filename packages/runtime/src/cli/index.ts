// cli: argv and environment in, lines and an exit code out.
// Owns: the command tree, the words on the terminal, exit codes. Never: decides anything about jobs.
// In: arguments, RuntimeEvents, the HTTP API's answers. Out: data on stdout, everything else on stderr, an exit code.
// This door is what the library shows of it; the program itself is main.ts.
export { formatEvent, formatSlow, type FormatOptions, type SlowAttempt } from "./format-event.ts";
export { exitCodeOf } from "./exit-codes.ts";
