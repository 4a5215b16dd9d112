// For tests of the workloads: what a test made goes with it, and their programs are driven as a person would.
// Owns: clean-ups in order, directories and servers of one test, child processes that run a program. Never: a process that outlives its test.
export { cleanedSuite, cleanUp, makeDirectory, type Cleaned } from "./clean-up.ts";
export { driveProgram, type Driver, type Ended, type Running, type Serving } from "./drive-program.ts";
export { processesThatName, signalTree } from "./processes.ts";
export { serveOnLoopback } from "./serve-on-loopback.ts";
