import { spawn, type ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { Duplex } from "node:stream";
import { createCensus, type BrowserCensus } from "./census.ts";
import { endTree, type EndedTree } from "./end-tree.ts";
import { holdUntilGone, letGo } from "./exit-guard.ts";
import { artifactsPath, logPath, MARK_VARIABLE, profilePath, temporaryName, temporaryPath } from "./layout.ts";
import { createEntry, writeLedger } from "./ledger.ts";
import { PipeTransport } from "./pipe-transport.ts";
import { readStat, type ProcessIdentity } from "./proc.ts";
import type { Wall } from "./wall.ts";

export interface ProcessRequest {
  readonly executablePath: string;
  /** Where its directory and its ledger are made. */
  readonly scratch: string;
  readonly wall: Wall;
  arguments(directory: string): readonly string[];
  /** The ledger is written, nothing is started. */
  onPlanned(id: string): void;
}

/** One Chromium and everything that belongs to it, from the moment of its spawn. */
export interface BrowserProcess {
  readonly id: string;
  readonly pid: number | null;
  readonly directory: string;
  readonly artifacts: string;
  /** Null when it could not be started: `exited` says why. */
  readonly transport: PipeTransport | null;
  /** How it ended, by itself or by us; for one that could not be started, why. Never rejects. */
  readonly exited: Promise<string>;
  readonly census: BrowserCensus;
  logTail(): string;
  /** Whether it keeps the event loop of its owner alive; true from its start. */
  hold(isHeld: boolean): void;
  /** Ends everything and removes its directory. The same promise each time. */
  end(): Promise<EndedTree>;
}

/**
 * Starts a Chromium. Synchronous from the ledger to the spawn: whoever calls owns what was started, and no abort can come between.
 * A program that cannot be started is told by `exited`, like one that ends at once.
 * @throws the system error when the directory, the ledger or the process cannot be made; then nothing is left.
 */
export function startBrowserProcess(request: ProcessRequest): BrowserProcess {
  const id = `b-${randomBytes(6).toString("hex")}`;
  const directory = join(request.scratch, id);
  const ledger = `${directory}.json`;
  let child: ChildProcess;
  try {
    mkdirSync(request.scratch, { recursive: true, mode: 0o700 });
    const entry = createEntry(directory, request.executablePath);
    writeLedger(ledger, entry);
    for (const path of [directory, profilePath(directory), temporaryPath(directory), artifactsPath(directory)]) mkdirSync(path, { mode: 0o700 });
    request.onPlanned(id);
    child = spawnChromium(request, directory);
  } catch (error) {
    rmSync(directory, { recursive: true, force: true });
    rmSync(ledger, { force: true });
    throw error;
  }
  const exited = exitOf(child);
  const root = identityOf(child.pid);
  const census = createCensus({ directory, root, hasNamespace: request.wall.hasNamespace });
  const held = { directory, ledger, root, census };
  holdUntilGone(held);
  let ending: Promise<EndedTree> | null = null;

  async function endNow(): Promise<EndedTree> {
    const ended = child.pid === undefined ? { ended: 0, survivors: [], zombies: [] } : await endTree(root, census, exited);
    transport?.close();
    // While something lives in it the ledger stays: the next start tries again.
    if (ended.survivors.length === 0) {
      // A hundred small files: in one go some 5 ms, file by file through the thread pool ten times that on a busy machine.
      rmSync(directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 20 });
      rmSync(ledger, { force: true });
      letGo(held);
    }
    return ended;
  }

  const transport = openTransport(child);
  return {
    id,
    pid: child.pid ?? null,
    directory,
    artifacts: artifactsPath(directory),
    transport,
    exited,
    census,
    logTail: () => readTail(logPath(directory)),
    hold(isHeld) {
      if (isHeld) child.ref();
      else child.unref();
      transport?.hold(isHeld);
    },
    end: () => (ending ??= endNow()),
  };
}

/**
 * What Chromium's GPU part sets while it starts, and unsets again. With "few" threads it does so in a thread of the browser itself, and a variable that is not there yet makes libc move the list of all
 * (getenv in another thread then reads freed memory, and the browser dies of SIGSEGV at its start). One that is there is changed in its place.
 */
const STEADY_ENVIRONMENT = { VK_ICD_FILENAMES: "./vk_swiftshader_icd.json" } as const;

function spawnChromium(request: ProcessRequest, directory: string): ChildProcess {
  const line = [...request.wall.command, request.executablePath, ...request.arguments(directory)];
  // A file, not a pipe: nobody has to read it, and it is still there after a crash.
  const log = openSync(logPath(directory), "a", 0o600);
  try {
    return spawn(line[0] ?? request.executablePath, line.slice(1), {
      // Its own session: one more thing to know its processes by.
      detached: true,
      cwd: directory,
      stdio: ["ignore", log, log, "pipe", "pipe"],
      env: { ...STEADY_ENVIRONMENT, ...process.env, TMPDIR: temporaryName(directory), [MARK_VARIABLE]: directory, DBUS_SESSION_BUS_ADDRESS: "disabled:", NODE_OPTIONS: "" },
    });
  } finally {
    closeSync(log);
  }
}

function openTransport(child: ChildProcess): PipeTransport | null {
  // A process out of file descriptors gets a child without any streams.
  const [, , , output, input] = Array.isArray(child.stdio) ? child.stdio : [];
  return child.pid !== undefined && output instanceof Duplex && input instanceof Duplex ? new PipeTransport(output, input) : null;
}

function exitOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once("error", (error) => resolve(`it could not be started: ${error.message}`));
    child.once("exit", (code, signal) =>
      resolve(signal === null ? `it ended with code ${code}${(code ?? 0) > 128 ? ` (signal ${(code ?? 0) - 128})` : ""}` : `it was ended by ${signal}`),
    );
  });
}

function identityOf(pid: number | undefined): ProcessIdentity | null {
  return pid === undefined ? null : { pid, startTicks: readStat(pid)?.startTicks ?? 0 };
}

/** The last lines; most of what Chromium writes is of no use to anybody. */
function readTail(file: string): string {
  if (!existsSync(file)) return "";
  return readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => line.trim() !== "")
    .slice(-8)
    .join("\n")
    .slice(-2000);
}
