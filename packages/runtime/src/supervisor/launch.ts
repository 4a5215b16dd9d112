import { spawn, type ChildProcess, type StdioOptions } from "node:child_process";
import { accessSync, closeSync, constants, existsSync, openSync, readSync, statSync } from "node:fs";
import { isAbsolute, resolve } from "node:path";
import { findProgram, type Capabilities } from "../governor/index.ts";
import type { LaunchFailure } from "../model/index.ts";

/** A file descriptor of the supervisor, a fresh pipe, or nothing. */
export type ChildStream = "pipe" | "ignore" | number;

export interface LaunchRequest {
  readonly capabilities: Capabilities;
  readonly program: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Descriptors 0 to 3 of the program; the next two are ours. */
  readonly streams: readonly [ChildStream, ChildStream, ChildStream, ChildStream];
  readonly joinFiles: readonly string[];
  readonly cookie: number | null;
  readonly nice: number;
}

/** Descriptor on which the stub shell reports the program's end and then waits to be let go. */
export const STUB_DESCRIPTOR = 4;

/** Where the program's standard error waits meanwhile: what setpriv, unshare and the stub have to say is not the program's. */
export const STDERR_DESCRIPTOR = 5;

/** Exit code of the stub when it could not join its cgroups, or nobody is left to supervise it: the program never ran. */
export const JOIN_FAILED_CODE = 125;

const OOM_SCORE_ADJUSTMENT = 500;

/**
 * Starts the program behind a small shell that joins the cgroups, sets the cookie and the OOM score, and then becomes the program (or, in a PID namespace, stays as its init).
 * @throws the system error of spawn, for example E2BIG.
 */
export function launch(request: LaunchRequest): ChildProcess {
  const command = commandLine(request);
  const [stdin, stdout, stderr, wire] = request.streams;
  const stdio: StdioOptions = [stdin, stdout, "ignore", wire, "pipe", stderr];
  return spawn(command[0] ?? "/bin/sh", command.slice(1), { cwd: request.cwd, env: { ...request.env }, stdio, detached: true });
}

function commandLine(request: LaunchRequest): string[] {
  const { setpriv, unshare, pidNamespace, nice } = request.capabilities;
  const line: string[] = [];
  if (nice !== null && request.nice > 0) line.push(nice, "-n", String(request.nice));
  // When the supervisor is killed the kernel ends this process; in a namespace everything below it dies too.
  if (setpriv !== null) line.push(setpriv, "--pdeathsig", "KILL", "--");
  if (pidNamespace !== null && unshare !== null) {
    line.push(unshare, ...(pidNamespace === "user" ? ["--user", "--map-current-user"] : []), "--pid", "--fork", "--kill-child=KILL", "--mount-proc", "--");
  }
  line.push("/bin/sh", "-c", stubScript(request), "sh", request.program, ...request.args);
  return line;
}

/**
 * In a PID namespace the shell is its init (Node as init leaves zombies and ignores its own signals). It says how the program ended and holds the
 * namespace open until the supervisor has listed the leftovers. A shell says "Killed" or the like before 128 + n: that tells a signal from `exit 137`.
 */
function stubScript(request: LaunchRequest): string {
  const steps = request.joinFiles.map((file) => `echo 0 > ${quote(file)} || { echo join-failed >&${STUB_DESCRIPTOR}; exit ${JOIN_FAILED_CODE}; }`);
  if (request.cookie !== null && request.capabilities.cookieFlag !== null) steps.push(`ulimit -${request.capabilities.cookieFlag} ${request.cookie} 2>/dev/null`);
  // Where every session is a scheduling group of its own (autogroup), niceness counts only inside of it: the group is made nice too.
  if (request.nice > 0) steps.push(`{ echo ${request.nice} > /proc/self/autogroup; } 2>/dev/null`);
  // A supervisor that died before its death signal was set sends none: an empty line that nobody can read any more tells.
  if (request.capabilities.setpriv !== null) steps.push(`echo >&${STUB_DESCRIPTOR} || exit ${JOIN_FAILED_CODE}`);
  // Of everybody in the tree the program goes first, and the namespace's init (which tells how it ended) last.
  const goesFirst = `{ echo ${OOM_SCORE_ADJUSTMENT} > /proc/self/oom_score_adj; } 2>/dev/null`;
  const errorOutput = request.streams[2] === "ignore" ? "2>/dev/null" : `2>&${STDERR_DESCRIPTOR} ${STDERR_DESCRIPTOR}>&-`;
  const program = `exec "$@" ${errorOutput} ${STUB_DESCRIPTOR}>&-`;
  if (request.capabilities.pidNamespace === null) steps.push(goesFirst, program);
  else
    steps.push(`exec 2>&${STUB_DESCRIPTOR}`, `( ${goesFirst}\n${program} )`, `code=$?`, `echo "code $code" >&${STUB_DESCRIPTOR}`, `read -r go <&${STUB_DESCRIPTOR}`, `exit $code`);
  return steps.join("\n");
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** Finds the program before anything is started, as execvp would. */
export function resolveProgram(name: string, cwd: string, path: string | undefined): { readonly path: string } | LaunchFailure {
  if (name === "") return { code: "ENOENT", message: "the command is empty" };
  if (!name.includes("/")) {
    const found = findProgram(name, path);
    return found === null ? { code: "ENOENT", message: `${name}: no such program on the PATH` } : { path: isAbsolute(found) ? found : resolve(cwd, found) };
  }
  const file = resolve(cwd, name);
  try {
    if (statSync(file).isDirectory()) return { code: "EACCES", message: `${name} is a directory, not a program` };
    accessSync(file, constants.X_OK);
    const interpreter = interpreterOf(file);
    if (interpreter !== null && !existsSync(interpreter)) return { code: "ENOENT", message: `${name}: its interpreter ${interpreter} does not exist` };
    return { path: file };
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : "";
    return code === "EACCES" ? { code: "EACCES", message: `${name} is not executable (chmod +x?)` } : { code: "ENOENT", message: `${name}: no such file` };
  }
}

/** What "#!" in the first line names; the kernel would answer ENOENT as if the program itself were missing. */
function interpreterOf(file: string): string | null {
  let descriptor: number;
  try {
    descriptor = openSync(file, "r");
  } catch {
    // may be run but not read: the kernel will tell
    return null;
  }
  const head = Buffer.alloc(256);
  const line = head.toString("latin1", 0, readSync(descriptor, head)).split("\n", 1)[0] ?? "";
  closeSync(descriptor);
  return /^#![ \t]*(\/[^ \t]+)/.exec(line)?.[1] ?? null;
}

export function failureOf(error: unknown): LaunchFailure {
  const message = error instanceof Error ? error.message : String(error);
  const code = error instanceof Error && "code" in error ? error.code : "";
  if (code === "ENOENT" || code === "EACCES" || code === "E2BIG" || code === "EAGAIN" || code === "ENOMEM") return { code, message };
  return { code: "OTHER", message };
}
