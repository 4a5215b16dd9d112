import { fork } from "node:child_process";
import { join } from "node:path";
import { moveTo } from "../harness/cgroup.ts";

export interface HttpParams {
  readonly scratch: string;
  readonly seconds: number;
  readonly spinning: number;
  readonly logBytesPerSecond: number;
  readonly redisPath: string;
  /** Where the client runs is not in the limited cgroup: a directory of the cpu controller to move it to, or null. */
  readonly clientCgroup: string | null;
}

interface Answers {
  readonly url: string;
  readonly ms: readonly number[];
  readonly failed: number;
}

/** Two rates, as probes and dashboards would have them but quicker: `/livez` each 10 ms, `/healthz` each 50 ms. */
export async function loadHttp(base: string, paths: readonly string[], { seconds, clientCgroup }: HttpParams): Promise<Readonly<Record<string, readonly number[]>>> {
  const targets = paths.map((path) => ({ url: base + path, everyMs: path === "/livez" ? 10 : 50 }));
  const client = fork(join(import.meta.dirname, "..", "programs", "http-load.mjs"), { execArgv: [], stdio: ["ignore", "ignore", "inherit", "ipc"] });
  if (clientCgroup !== null) moveTo(clientCgroup, client.pid ?? 0);
  client.send({ targets, seconds });
  const answers = await new Promise<readonly Answers[]>((resolve, reject) => {
    client.once("message", (message: readonly Answers[]) => resolve(message));
    client.once("exit", (code) => reject(new Error(`the client ended with code ${code}`)));
  });
  for (const { url, failed } of answers) if (failed > 0) throw new Error(`${url}: ${failed} requests failed`);
  return Object.fromEntries(answers.map(({ url, ms }) => [new URL(url).pathname.slice(1), ms]));
}
