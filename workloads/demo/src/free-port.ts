import { once } from "node:events";
import { createServer } from "node:net";

const TRIES_MAX = 50;

/** The first port from `port` on that nobody listens to; 0 (any) when none of the next 50 is free. */
export async function findFreePort(port: number): Promise<number> {
  if (port === 0) return 0;
  for (let candidate = port; candidate < Math.min(port + TRIES_MAX, 65_536); candidate += 1) if (await isFree(candidate)) return candidate;
  return 0;
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
    server.close();
    await once(server, "close");
    return true;
  } catch {
    return false;
  }
}
