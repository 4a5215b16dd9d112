import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import type { TestContext } from "node:test";
import { cleanUp } from "./clean-up.ts";

export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

export interface Serving {
  readonly child: ChildProcess;
  /** The first line of its output, as the JSON that it is. */
  readonly ready: { readonly url: string; readonly [key: string]: unknown };
  /** Sends the signal and resolves with the exit code; null for a process that died of it. */
  end(signal: NodeJS.Signals): Promise<number | null>;
}

type Environment = Readonly<Record<string, string>>;

export interface Driver {
  start(directory: string, words: readonly string[], environment?: Environment): ChildProcess;
  /** Runs a command to its end. */
  run(directory: string, words: readonly string[], environment?: Environment): Promise<Ended>;
  /** Starts a command that prints a line of JSON when it listens; it is killed with the test if it still runs. */
  serve(test: TestContext, directory: string, words?: readonly string[], environment?: Environment): Promise<Serving>;
}

/**
 * @param program path of the module that a person would start
 * @param settings environment of every start, by its working directory
 * @example const { run } = driveProgram(join(import.meta.dirname, "..", "src", "cli.ts"), (directory) => ({ DB_PATH: join(directory, "test.db") }));
 */
export function driveProgram(program: string, settings: (directory: string) => Environment): Driver {
  function start(directory: string, words: readonly string[], environment: Environment = {}): ChildProcess {
    const env = { ...process.env, ...settings(directory), ...environment };
    return spawn(process.execPath, [program, ...words], { cwd: directory, env, stdio: ["ignore", "pipe", "pipe"] });
  }
  return {
    start,
    async run(directory, words, environment) {
      const child = start(directory, words, environment);
      const { stdout, stderr } = child;
      if (stdout === null || stderr === null) throw new Error("the program has no output");
      const [out, err] = await Promise.all([text(stdout), text(stderr), once(child, "close")]);
      return { code: child.exitCode, out, err };
    },
    async serve(test, directory, words = ["--json", "serve"], environment = {}) {
      const child = start(directory, words, environment);
      const ended = once(child, "close");
      cleanUp(test, async () => {
        child.kill("SIGKILL");
        await ended;
      });
      const { stdout, stderr } = child;
      if (stdout === null || stderr === null) throw new Error("the program has no output");
      const said: string[] = [];
      stderr.setEncoding("utf8").on("data", (piece: string) => said.push(piece));
      const line = await Promise.race([once(createInterface({ input: stdout }), "line"), ended.then(() => null)]);
      if (line === null) throw new Error(`${words.join(" ")} ended before it listened: ${said.join("")}`);
      return {
        child,
        ready: JSON.parse(String(line[0])) as Serving["ready"],
        async end(signal) {
          child.kill(signal);
          await ended;
          return child.exitCode;
        },
      };
    },
  };
}
