import { fork, spawn, type ChildProcess } from "node:child_process";
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { makeCpuAccount } from "./cgroup.ts";
import { USAGE_FILE_VARIABLE } from "./cpu-time.ts";
import { processesWith } from "./processes.ts";

/** One measurement of one contender: everything it starts it also stops. */
export type Contender<Params, Figures> = (params: Params) => Promise<Figures>;

export interface Entry<Params> {
  readonly name: string;
  /** File in src/contenders, without its ending. */
  readonly module: string;
  readonly params: Params;
}

export type Figures = Readonly<Record<string, number | readonly number[] | string>>;
export type Results = ReadonlyMap<string, readonly Figures[]>;

const HOST = join(import.meta.dirname, "contender-host.ts");
const CONTENDERS = join(import.meta.dirname, "..", "contenders");

/** All contenders in every round, each time another one first: what the machine does meanwhile hits all alike. */
export async function runRounds(rounds: number, entries: readonly Entry<unknown>[], timeoutMs = 180_000): Promise<Results> {
  const results = new Map<string, Figures[]>(entries.map(({ name }) => [name, []]));
  for (let index = 0; index < rounds; index += 1) {
    const first = index % entries.length;
    for (const entry of [...entries.slice(first), ...entries.slice(0, first)]) {
      process.stderr.write(`round ${index + 1}/${rounds}  ${entry.name}\n`);
      results.get(entry.name)?.push(await runMetered(entry, timeoutMs));
    }
  }
  return results;
}

/** With its CPU time counted where the machine can; see cpu-time.ts for the other end. */
async function runMetered(entry: Entry<unknown>, timeoutMs: number): Promise<Figures> {
  const account = makeCpuAccount();
  try {
    return await runContender(entry, { timeoutMs, launcher: account?.launcher ?? [], env: account === null ? {} : { [USAGE_FILE_VARIABLE]: account.usageFile } });
  } finally {
    await account?.remove();
  }
}

export interface RunOptions {
  readonly timeoutMs: number;
  /** Put before the command, e.g. to enter a cgroup first. */
  readonly launcher: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs a contender in a fresh process and checks afterwards that it left no process behind. */
export async function runContender({ name, module, params }: Entry<unknown>, { timeoutMs, launcher, env: extra }: RunOptions): Promise<Figures> {
  const mark = `COFFERDAM_BENCH_RUN=${randomUUID()}`;
  const env = { ...process.env, ...extra, COFFERDAM_BENCH_RUN: mark.split("=")[1] };
  const child = launch(launcher, env);
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  try {
    const figures = await answerOf(child, { module: join(CONTENDERS, `${module}.ts`), params }, timeoutMs);
    await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, 10_000).unref())]);
    const left = processesWith(mark);
    if (left.length > 0) throw new Error(`left behind: ${left.map(({ pid, command }) => `${pid} ${command}`).join("; ")}`);
    return figures;
  } catch (error) {
    throw new Error(`${name}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  } finally {
    // Ours by the mark in their environment, whoever their parent is by now.
    for (const { pid } of processesWith(mark)) tryKill(pid);
  }
}

function launch(launcher: readonly string[], env: NodeJS.ProcessEnv): ChildProcess {
  const [program, ...words] = launcher;
  if (program === undefined) return fork(HOST, [], { env, execArgv: profiling(), stdio: ["ignore", "ignore", "inherit", "ipc"] });
  return spawn(program, [...words, process.execPath, ...profiling(), HOST], { env, stdio: ["ignore", "ignore", "inherit", "ipc"] });
}

/** `COFFERDAM_BENCH_PROFILE=<directory>` writes a CPU profile of each contender's main process there. */
function profiling(): string[] {
  const directory = process.env["COFFERDAM_BENCH_PROFILE"];
  return directory === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${directory}`];
}

function answerOf(child: ChildProcess, request: unknown, timeoutMs: number): Promise<Figures> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no answer within ${timeoutMs / 1000} s`)), timeoutMs);
    child.once("message", (message: { readonly ok: true; readonly figures: Figures } | { readonly ok: false; readonly message: string }) => {
      clearTimeout(timer);
      if (message.ok) resolve(message.figures);
      else reject(new Error(message.message));
    });
    child.once("exit", (code, signal) => {
      clearTimeout(timer);
      reject(new Error(`ended with ${signal ?? `code ${code}`} and no answer`));
    });
    child.once("error", reject);
    child.send({ ...(request as object) });
  });
}

function tryKill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // already gone
  }
}

/** One number of each round. */
export function figuresOf(results: Results, name: string, key: string): readonly number[] {
  return (results.get(name) ?? []).flatMap((figures) => {
    const value = figures[key];
    return typeof value === "number" ? [value] : [];
  });
}

/** All samples of all rounds together. */
export function samplesOf(results: Results, name: string, key: string): readonly number[] {
  return (results.get(name) ?? []).flatMap((figures) => {
    const value = figures[key];
    return typeof value === "object" ? value : [];
  });
}
