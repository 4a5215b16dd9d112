import type { DatabaseSync } from "node:sqlite";
import { isCause, type Cause } from "../../model/index.ts";
import { integer, text } from "../codec.ts";
import type { TypeStats } from "../ports.ts";

/** Attempts that one call looks at, newest first: the figures describe at most so many. Keeps the answer within 0.1 s. */
const ATTEMPTS_MAX = 50_000;

/** Counts and percentiles by lane and type of the attempts that ended since then; read from an index alone. */
export function typeStats(database: DatabaseSync, sinceMs: number): readonly TypeStats[] {
  const select = database.prepare(
    "SELECT queue, cause, ended_at - started_at AS wall_ms, wait_ms FROM attempts INDEXED BY attempts_time WHERE ended_at >= ? ORDER BY ended_at DESC LIMIT ?",
  );
  const groups = new Map<number, Group>();
  for (const row of select.iterate(sinceMs, ATTEMPTS_MAX)) {
    const queue = integer(row["queue"]);
    const group = groups.get(queue) ?? { wallMs: [], waitMs: [], byCause: {} };
    groups.set(queue, group);
    group.wallMs.push(integer(row["wall_ms"]));
    group.waitMs.push(integer(row["wait_ms"]));
    const cause = text(row["cause"]);
    if (isCause(cause)) group.byCause[cause] = (group.byCause[cause] ?? 0) + 1;
  }
  const name = database.prepare("SELECT lane, type FROM queues WHERE id = ?");
  return [...groups].map(([queue, group]) => {
    const row = name.get(queue) ?? {};
    return summarise(text(row["type"]), text(row["lane"]), group);
  });
}

interface Group {
  readonly wallMs: number[];
  readonly waitMs: number[];
  readonly byCause: Partial<Record<Cause, number>>;
}

function summarise(type: string, lane: string, { wallMs, waitMs, byCause }: Group): TypeStats {
  const wall = Float64Array.from(wallMs).sort();
  const wait = Float64Array.from(waitMs).sort();
  return {
    type,
    lane,
    attempts: wall.length,
    byCause,
    wallMsP50: percentile(wall, 0.5),
    wallMsP95: percentile(wall, 0.95),
    waitMsP50: percentile(wait, 0.5),
    waitMsP95: percentile(wait, 0.95),
  };
}

/** Nearest rank: always a value that was really seen. */
function percentile(sorted: Float64Array, fraction: number): number | null {
  return sorted[Math.max(0, Math.ceil(sorted.length * fraction) - 1)] ?? null;
}
