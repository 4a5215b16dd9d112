import { startPostgres } from "./postgres.ts";
import { hasRedis, startRedis } from "./redis.ts";
import { withScratch } from "./scratch.ts";

export interface ServerWishes {
  readonly redis: readonly ("always" | "everysec")[];
  readonly postgres: boolean;
}

export interface Servers {
  readonly scratch: string;
  /** Unix sockets; absent when redis-server is not installed. */
  readonly redis: Readonly<Partial<Record<"always" | "everysec", string>>>;
  readonly postgresUrl: string | null;
}

/** Starts what the peers need, and stops it whatever happens. */
export async function withServers<T>(wishes: ServerWishes, use: (servers: Servers) => Promise<T>): Promise<T> {
  return withScratch(async (scratch) => {
    const stops: (() => Promise<void>)[] = [];
    try {
      const redis: Partial<Record<"always" | "everysec", string>> = {};
      for (const mode of wishes.redis.length > 0 && hasRedis() ? wishes.redis : []) {
        const server = await startRedis(scratch, mode);
        stops.push(server.stop);
        redis[mode] = server.path;
      }
      let postgresUrl: string | null = null;
      if (wishes.postgres) {
        const server = await startPostgres(scratch);
        stops.push(server.stop);
        postgresUrl = server.url;
      }
      return await use({ scratch, redis, postgresUrl });
    } finally {
      for (const stop of stops.toReversed()) await stop();
    }
  });
}
