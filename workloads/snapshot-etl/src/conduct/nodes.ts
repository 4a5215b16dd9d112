import { randomUUID } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { toTime } from "../clock.ts";
import type { Database } from "../database/open.ts";

/** The name of this runtime directory, kept in it: after a restart its claims and jobs are still its own. */
export async function readNode(runtimeDirectory: string): Promise<string> {
  const file = join(runtimeDirectory, "node-id");
  const known = await readFile(file, "utf8").catch(() => null);
  if (known !== null && known.trim() !== "") return known.trim();
  const node = randomUUID();
  await mkdir(runtimeDirectory, { recursive: true });
  await writeFile(file, node);
  return node;
}

export async function beat(database: Database, node: string, nowMs: number): Promise<void> {
  const seen = { seen_at: toTime(nowMs) };
  await database.write((transaction) =>
    transaction
      .insertInto("nodes")
      .values({ node, ...seen })
      .onConflict((conflict) => conflict.column("node").doUpdateSet(seen))
      .execute(),
  );
}

/** A node that stops says so: nobody has to wait for its silence. */
export async function leave(database: Database, node: string): Promise<void> {
  await database.write((transaction) => transaction.deleteFrom("nodes").where("node", "=", node).execute());
}

/** Nodes that were heard of lately. Silence of more than two beats and 5 s is death. */
export async function liveNodes(read: Database["read"], nowMs: number, sweepMs: number): Promise<readonly string[]> {
  const rows = await read
    .selectFrom("nodes")
    .select("node")
    .where("seen_at", ">=", toTime(nowMs - silenceMs(sweepMs)))
    .execute();
  return rows.map(({ node }) => node);
}

/** Two missed beats, and a little. With the default of 15 s a dead worker's claim is released within 50 s. */
function silenceMs(sweepMs: number): number {
  return 2 * sweepMs + 5000;
}
