// One run at one snapshot, in the order of the rules. The page to read first.
import { toTime } from "../clock.ts";
import { EtlError } from "../errors.ts";
import { ITEM_GROUPS, mapItem, type Element, type ItemRow } from "../mapping/items.ts";
import type { ProfileHead } from "../mapping/profile.ts";
import { mapTeam, type TeamRow } from "../mapping/teams.ts";
import { planPasses } from "../parse/plan-passes.ts";
import { COLLECTION_OF, GROUPS, readElements, survey, type GroupName, type Survey } from "../parse/read-profile.ts";
import { createPieceSource, type PieceSource } from "../parse/read-pieces.ts";
import { assertClaim, NO_CLAIM } from "./claim.ts";
import { createGroupWriter } from "./group-writer.ts";
import { toEtlError, writeEtlErrors, type EtlErrorRow } from "./etl-errors.ts";
import type { Owner, Run } from "./run.ts";
import { writeBatch } from "./write-batch.ts";
import { writeItems } from "./write-items.ts";
import { writeSummary } from "./write-summary.ts";
import { removeTeamsFrom, writeTeams } from "./write-teams.ts";
import { writeGuild, writeUser } from "./write-user.ts";

export type RunResult = "success" | "partial" | "failed";

/** Takes a claimed snapshot through: check all of it, then users, guilds, troops, pets, artifacts, teams, summary. */
export async function processSnapshot(run: Run): Promise<RunResult> {
  const source = createPieceSource(run.database.read, run.claim.uploadId, (bytes) => run.progress(`${bytes} bytes read`));
  const surveyed = await check(run, source);
  if (surveyed === null) return "failed";
  const owner = await writeUserRow(run, surveyed);
  const guildId = await writeGuildRows(run, owner, surveyed.head);
  for (const groups of planPasses(GROUPS, surveyed.found)) await writeGroups(run, owner, source, surveyed, groups);
  await removeOldTeams(run, owner, surveyed);
  return await finish(run, owner, surveyed, guildId);
}

/** The first pass: nothing is written before all of the payload was seen. What is wrong with it is wrong for good; the snapshot is closed with it. */
async function check(run: Run, source: PieceSource): Promise<Survey | null> {
  try {
    return await survey(source, run.signal);
  } catch (error) {
    if (!(error instanceof EtlError) || !error.permanent) throw error;
    await fail(run, error);
    return null;
  }
}

async function fail(run: Run, error: EtlError): Promise<void> {
  const { snapshotId, attempt } = run.claim;
  const now = toTime(run.clock.nowMs());
  const row: EtlErrorRow = { entity: "snapshot", type: error.code, message: error.message, details: error.details, permanent: true };
  run.tally.errors += 1;
  await run.database.write(async (transaction) => {
    await assertClaim(transaction, run.claim);
    await writeEtlErrors(transaction, { snapshotId, attempt, now }, [row]);
    await transaction
      .updateTable("hero_snapshots")
      .set(({ eb }) => ({ ...NO_CLAIM, result: "failed", processed_at: null, error_count: eb("error_count", "+", 1), last_error: lastError(row, attempt) }))
      .where("id", "=", snapshotId)
      .execute();
    await transaction.updateTable("work").set({ outcome: "failed" }).where("snapshot_id", "=", snapshotId).execute();
  });
}

async function writeUserRow(run: Run, { head }: Survey): Promise<Owner> {
  const seen = { lastSeen: head.serverTime ?? run.claim.createdAt, snapshotId: run.claim.snapshotId };
  const { snapshotId } = run.claim;
  const userId = await run.database.write(async (transaction) => {
    await assertClaim(transaction, run.claim);
    const userId = await writeUser(transaction, head, seen);
    await transaction.updateTable("hero_snapshots").set({ user_id: userId, namecode: head.namecode, server_time: head.serverTime }).where("id", "=", snapshotId).execute();
    return userId;
  });
  run.tally.upserts["users"] = 1;
  run.tally.omitted += head.extra.omitted;
  await writeBatch<never>(run, { entity: "users", rows: [], errors: head.bad.map((bad) => toEtlError("users", bad)), idOf: () => head.namecode, write: async () => 0 });
  return { userId, ...seen };
}

async function writeGuildRows(run: Run, owner: Owner, head: ProfileHead): Promise<number | null> {
  const { guild } = head;
  if (guild === null) return null;
  let id: number | null = null;
  await writeBatch(run, {
    entity: "guilds",
    rows: [guild],
    errors: [],
    idOf: () => String(guild.externalId),
    async write(transaction, [row]) {
      id = row === undefined ? null : await writeGuild(transaction, row, owner);
      return 1;
    },
  });
  return id;
}

/** One pass over the payload, for the groups that it holds in the wanted order. */
async function writeGroups(run: Run, owner: Owner, source: PieceSource, surveyed: Survey, groups: readonly GroupName[]): Promise<void> {
  const writers = new Map(groups.map((name) => [name, createWriter(run, owner, name)]));
  let current: GroupName | null = null;
  await readElements(source, surveyed, groups, run.signal, async (name, elements) => {
    // A group is written to its end before the next one begins.
    if (current !== null && current !== name) await writers.get(current)?.flush();
    current = name;
    await writers.get(name)?.add(elements);
  });
  for (const writer of writers.values()) await writer.flush();
}

interface ElementWriter {
  add(elements: readonly Element[]): Promise<void>;
  flush(): Promise<void>;
}

function createWriter(run: Run, owner: Owner, name: GroupName): ElementWriter {
  const { database } = run;
  if (name === "teams")
    return createGroupWriter<TeamRow>(run, {
      entity: name,
      map: mapTeam,
      idOf: ({ slot }) => `#${slot}`,
      write: (transaction, rows) => writeTeams(database, transaction, owner, rows),
    });
  return createGroupWriter<ItemRow>(run, {
    entity: name,
    map: (element) => mapItem(ITEM_GROUPS[name], element),
    idOf: ({ id }) => String(id),
    write: (transaction, rows) => writeItems(database, transaction, name, owner, rows),
  });
}

/** A profile that says nothing of teams changes nothing about them. */
async function removeOldTeams(run: Run, owner: Owner, surveyed: Survey): Promise<void> {
  const teams = surveyed.counts.get("teams");
  if (teams === undefined) return;
  await run.database.write(async (transaction) => {
    await assertClaim(transaction, run.claim);
    await removeTeamsFrom(run.database, transaction, owner, teams);
  });
}

async function finish(run: Run, owner: Owner, surveyed: Survey, guildId: number | null): Promise<RunResult> {
  const { snapshotId, attempt } = run.claim;
  const misfits = surveyed.misfits.map((name): EtlErrorRow => {
    const collection = COLLECTION_OF[name];
    return { entity: name, type: "PARSE_ERROR", message: `${collection} is neither a list nor a map of items`, details: { id: collection, field: collection }, permanent: true };
  });
  run.tally.errors += misfits.length;
  const result = run.tally.errors > 0 ? "partial" : "success";
  const now = toTime(run.clock.nowMs());
  const summaries = await run.database.write(async (transaction) => {
    await assertClaim(transaction, run.claim);
    await writeEtlErrors(transaction, { snapshotId, attempt, now }, misfits);
    const written = await writeSummary(run.database, transaction, owner, surveyed.head, guildId, run.clock.nowMs());
    const error = result === "success" ? null : await readLastError(transaction, snapshotId, attempt);
    await transaction
      .updateTable("hero_snapshots")
      .set(({ eb }) => ({ ...NO_CLAIM, processed_at: now, result, error_count: eb("error_count", "+", result === "partial" ? 1 : 0), last_error: error }))
      .where("id", "=", snapshotId)
      .execute();
    await transaction.updateTable("work").set({ outcome: result }).where("snapshot_id", "=", snapshotId).execute();
    return written;
  });
  run.tally.upserts["summary"] = summaries;
  return result;
}

async function readLastError(transaction: Parameters<typeof writeEtlErrors>[0], snapshotId: number, attempt: number): Promise<string | null> {
  const row = await transaction
    .selectFrom("etl_errors")
    .select(["entity", "error_type", "message"])
    .where("snapshot_id", "=", snapshotId)
    .where("attempt", "=", attempt)
    .orderBy("entity")
    .orderBy("message")
    .limit(1)
    .executeTakeFirst();
  return row === undefined ? null : JSON.stringify({ attempt, entity: row.entity, type: row.error_type, message: row.message });
}

function lastError(error: EtlErrorRow, attempt: number): string {
  return JSON.stringify({ attempt, entity: error.entity, type: error.type, message: error.message });
}
