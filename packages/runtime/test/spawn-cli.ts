import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";

export const CLI = fileURLToPath(new URL("../dist/cli/main.js", import.meta.url));

export interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
  readonly out: string;
  readonly err: string;
}

interface SpawnOptions {
  readonly directory: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string;
}

/** The program as it is shipped, with none of our own settings in its environment. */
export function startCli(args: readonly string[], { directory, env = {} }: SpawnOptions): ChildProcessWithoutNullStreams {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith("COFFERDAM_") && !/^(NO_COLOR|FORCE_COLOR|NODE_OPTIONS|NODE_TEST_CONTEXT)$/.test(name));
  return spawn(process.execPath, [CLI, ...args], { cwd: directory, env: { ...Object.fromEntries(inherited), ...env }, stdio: "pipe" });
}

export async function runCli(args: readonly string[], options: SpawnOptions): Promise<Ended> {
  const child = startCli(args, options);
  child.stdin.end(options.stdin ?? "");
  return endOf(child);
}

export async function endOf(child: ChildProcessWithoutNullStreams): Promise<Ended> {
  const exit = new Promise<{ code: number | null; signal: string | null }>((resolve) => {
    child.on("close", (code, signal) => resolve({ code, signal }));
  });
  const out = child.stdout.destroyed ? "" : text(child.stdout);
  const err = text(child.stderr);
  return { ...(await exit), out: await out, err: await err };
}

/** Resolves with what was written so far once it matches. */
export function waitForText(stream: NodeJS.ReadableStream, pattern: RegExp): Promise<string> {
  return new Promise((resolve, reject) => {
    let seen = "";
    stream.on("data", (chunk: Buffer) => {
      seen += chunk.toString();
      if (pattern.test(seen)) resolve(seen);
    });
    stream.on("end", () => reject(new Error(`${String(pattern)} was never written: ${seen}`)));
  });
}
