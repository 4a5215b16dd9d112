import { execFile } from "node:child_process";
import { findProgram } from "../find/find-program.ts";

/** What stands around a browser besides the census. */
export interface Wall {
  /** Put before the browser's own command line. */
  readonly command: readonly string[];
  /** The kernel ends everything in it at once, also when this process is killed. */
  readonly hasNamespace: boolean;
}

export const NO_WALL: Wall = { command: [], hasNamespace: false };
const PROBE_TIMEOUT_MS = 5000;
let probed: Promise<Wall> | null = null;

/** A PID namespace where this machine allows one, found by making one: about 10 ms, once in a process. */
export function probeWall(): Promise<Wall> {
  probed ??= probe();
  return probed;
}

async function probe(): Promise<Wall> {
  const setpriv = findProgram("setpriv");
  const unshare = findProgram("unshare");
  if (process.platform !== "linux") return NO_WALL;
  // When this process is killed, the kernel ends the outermost process of the browser.
  const bound = setpriv === null ? [] : [setpriv, "--pdeathsig", "KILL", "--"];
  if (unshare !== null) {
    for (const user of [[], ["--user", "--map-current-user"]]) {
      const inside = [...bound, unshare, ...user, "--pid", "--fork", "--kill-child=KILL", "--mount-proc", "--"];
      // The shell is the namespace's init: it waits for everybody, so that no zombies stay. "exit" keeps it from becoming the browser itself.
      if (await works([...inside, "/bin/sh", "-c", "exit 0"])) return { command: [...inside, "/bin/sh", "-c", '"$@"; exit $?', "browser"], hasNamespace: true };
    }
  }
  return (await works([...bound, "/bin/true"])) ? { command: bound, hasNamespace: false } : NO_WALL;
}

function works(command: readonly string[]): Promise<boolean> {
  const [program, ...args] = command;
  if (program === undefined) return Promise.resolve(true);
  return new Promise((resolve) => {
    execFile(program, args, { timeout: PROBE_TIMEOUT_MS, killSignal: "SIGKILL" }, (error) => resolve(error === null));
  });
}
