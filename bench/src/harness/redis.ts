import { spawn, spawnSync } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { createConnection } from "node:net";
import { join } from "node:path";

export interface RedisServer {
  /** Unix socket. */
  readonly path: string;
  stop(): Promise<void>;
}

/** Without redis-server the peer is left out, and nobody can overlook it. */
export function hasRedis(): boolean {
  const found = spawnSync("redis-server", ["--version"]).status === 0;
  if (!found) console.error("\n*** redis-server is NOT installed: BullMQ is left out and its bars are not measured. Debian: apt-get install redis-server ***\n");
  return found;
}

/** A Redis of our own with an append-only file in the scratch directory, reachable through a Unix socket only. */
export async function startRedis(scratch: string, appendfsync: "always" | "everysec"): Promise<RedisServer> {
  const directory = join(scratch, `redis-${appendfsync}`);
  await mkdir(directory);
  const path = join(directory, "redis.sock");
  const options = ["--port", "0", "--unixsocket", path, "--dir", directory, "--appendonly", "yes", "--appendfsync", appendfsync, "--save", "", "--daemonize", "no"];
  const server = spawn("redis-server", options, { stdio: ["ignore", "ignore", "inherit"] });
  const ended = new Promise<void>((resolve) => server.once("exit", () => resolve()));
  await Promise.race([answers(path), ended.then(() => Promise.reject(new Error("redis-server ended at once")))]);
  return {
    path,
    async stop() {
      server.kill("SIGTERM");
      const timer = setTimeout(() => server.kill("SIGKILL"), 5000);
      await ended;
      clearTimeout(timer);
    },
  };
}

async function answers(path: string): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    if (await ping(path)) return;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error("redis-server did not answer within 5 s");
}

function ping(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(path, () => socket.write("PING\r\n"));
    socket.once("data", (data) => {
      resolve(data.toString().startsWith("+PONG"));
      socket.destroy();
    });
    socket.once("error", () => resolve(false));
  });
}
