import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { cleanUp, type Cleaned } from "./clean-up.ts";

export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** A program that is at work. */
export interface Running {
  readonly child: ChildProcess;
  /** Resolves when it is gone and everything that it wrote has been read. */
  readonly ended: Promise<Ended>;
  /** The first match in what it has written to standard error; as soon as it is there. */
  untilNoted(pattern: RegExp): Promise<RegExpExecArray>;
  /** Sends the signal and resolves with the exit code; null for a process that died of it. */
  end(signal: NodeJS.Signals): Promise<number | null>;
}

export interface Serving extends Running {
  /** The first line of its output, as the JSON that it is. */
  readonly ready: { readonly url: string; readonly [key: string]: unknown };
}

type Environment = Readonly<Record<string, string>>;

export interface Driver {
  /** Runs a command to its end. */
  run(directory: string, words: readonly string[], environment?: Environment): Promise<Ended>;
  /** Starts a command; it is killed with the test if it still runs. */
  start(test: Cleaned, directory: string, words: readonly string[], environment?: Environment): Running;
  /** Starts a command that prints a line of JSON when it listens; it is killed with the test if it still runs. */
  serve(test: Cleaned, directory: string, words?: readonly string[], environment?: Environment): Promise<Serving>;
}

/**
 * @param program path of the module that a person would start
 * @param settings environment of every start, by its working directory
 * @example const { run } = driveProgram(join(import.meta.dirname, "..", "src", "cli.ts"), (directory) => ({ DB_PATH: join(directory, "test.db") }));
 */
export function driveProgram(program: string, settings: (directory: string) => Environment): Driver {
  function begin(directory: string, words: readonly string[], environment: Environment = {}): Running {
    const env = { ...process.env, ...settings(directory), ...environment };
    return follow(spawn(process.execPath, [program, ...words], { cwd: directory, env, stdio: ["ignore", "pipe", "pipe"] }));
  }
  function start(test: Cleaned, directory: string, words: readonly string[], environment?: Environment): Running {
    const running = begin(directory, words, environment);
    cleanUp(test, () => running.end("SIGKILL"));
    return running;
  }
  return {
    start,
    run: (directory, words, environment) => begin(directory, words, environment).ended,
    async serve(test, directory, words = ["--json", "serve"], environment = {}) {
      const running = start(test, directory, words, environment);
      const line = await Promise.race([firstLine(running.child), running.ended]);
      if (typeof line !== "string") throw new Error(`${words.join(" ")} ended before it listened: ${line.err}`);
      return { ...running, ready: JSON.parse(line) as Serving["ready"] };
    },
  };
}

function follow(child: ChildProcess): Running {
  const [out, err] = [child.stdout, child.stderr].map((stream) => {
    const pieces: string[] = [];
    stream?.setEncoding("utf8").on("data", (piece: string) => pieces.push(piece));
    return () => pieces.join("");
  });
  const read = (): Ended => ({ code: child.exitCode, out: out?.() ?? "", err: err?.() ?? "" });
  const ended = once(child, "close").then(read);
  return {
    child,
    ended,
    async untilNoted(pattern) {
      for (;;) {
        const found = pattern.exec(read().err);
        if (found !== null) return found;
        const more = child.stderr === null ? ended : Promise.race([once(child.stderr, "data"), ended]);
        if ("code" in (await more)) throw new Error(`it ended without a word of ${pattern.source}: ${read().err}`);
      }
    },
    async end(signal) {
      child.kill(signal);
      return (await ended).code;
    },
  };
}

async function firstLine({ stdout }: ChildProcess): Promise<string> {
  if (stdout === null) throw new Error("the program has no output");
  const [line] = await once(createInterface({ input: stdout }), "line");
  return String(line);
}
