import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import type { Command } from "commander";
import { systemClock } from "../clock.ts";
import { messageOf } from "../errors.ts";
import { createIngest } from "../ingest/ingest.ts";
import { verifySnapshot } from "../query/verify.ts";
import { readStatus } from "../query/snapshots.ts";
import type { Service } from "../service.ts";
import { readSettings } from "../settings.ts";
import { isProcessType, TYPES } from "../work-types.ts";
import { withDatabase, withService } from "./one-shot.ts";
import { isQuarantined, putWork, typeFor } from "../conduct/work.ts";
import { CommandError, EXIT, type ExitCode, type Print } from "workload-command-line";

export function addProcessCommands(program: Command, print: Print): void {
  program
    .command("ingest <file>")
    .description("store a payload; a server, or `process`, takes it from there")
    .option("--source <name>", "who sent it", "cli")
    .option("--namecode <name>", "when it is known")
    .action(async (file: string, { source, namecode }: { readonly source: string; readonly namecode?: string }) => {
      process.exitCode = await ingestFile(file, source, namecode ?? null, print);
    });
  program
    .command("process <id>")
    .description("process a stored snapshot here and now, unless it was")
    .action(async (written: string) => {
      process.exitCode = await processOne(readId(written), "once", print);
    });
  program
    .command("reprocess <id>")
    .description("process it again; the rows are the same afterwards")
    .action(async (written: string) => {
      process.exitCode = await processOne(readId(written), "again", print);
    });
  program
    .command("fetch <namecode>")
    .description("fetch a profile from UPSTREAM_URL, store and process it")
    .action(async (namecode: string) => {
      process.exitCode = await withService((service) => fetchOne(service, namecode, print));
    });
  program
    .command("verify <id>")
    .description("compare what a stored payload says with what the tables hold")
    .action(async (written: string) => {
      process.exitCode = await verify(readId(written), print);
    });
}

async function ingestFile(file: string, source: string, namecode: string | null, print: Print): Promise<ExitCode> {
  const found = await stat(file).catch(() => null);
  if (found === null || !found.isFile()) throw new CommandError(EXIT.nothingMatched, `${file} is not a file`, "Check the path.");
  const settings = readSettings();
  return await withDatabase(async (database) => {
    const queue = async (): Promise<{ depth: number; perSecond: number }> => ({ depth: 0, perSecond: 1 });
    const ingest = createIngest({ database, settings, clock: systemClock, node: "command", queue, stored: async () => undefined });
    const { status, body } = await ingest.accept({
      body: createReadStream(file),
      about: () => ({ source, namecode, priority: "normal" }),
      idempotencyKey: null,
      correlationId: null,
    });
    print.data(body, () => `${String(body["status"])}: snapshot ${String(body["snapshot_id"])}`);
    return status === 409 ? EXIT.refused : EXIT.done;
  });
}

async function processOne(id: number, how: "once" | "again", print: Print): Promise<ExitCode> {
  return await withService(async (service) => {
    const { database } = service;
    const snapshot = await database.read.selectFrom("hero_snapshots").select(["processing", "processed_at", "result"]).where("id", "=", id).executeTakeFirst();
    if (snapshot === undefined) throw new CommandError(EXIT.nothingMatched, `there is no snapshot ${id}`);
    if (snapshot.processing === 1) throw new CommandError(EXIT.refused, `snapshot ${id} is being processed`, "Wait until it is done, or until its claim is released.");
    if (how === "once" && snapshot.processed_at !== null) {
      print.data({ snapshot_id: id, result: snapshot.result }, () => `snapshot ${id}: ${String(snapshot.result)} already`);
      return EXIT.done;
    }
    if (how === "again") await service.operations.reprocess(id, "normal", "cli");
    else await takeUp(service, id);
    await service.untilDone(id);
    return await report(service, id, print);
  });
}

/** Work that waits keeps its lane; what nobody has queued is queued now. */
async function takeUp(service: Service, id: number): Promise<void> {
  const { database } = service;
  const work = await database.read.selectFrom("work").select(["type", "job_id"]).where("snapshot_id", "=", id).executeTakeFirst();
  const wish = work !== undefined && isProcessType(work.type) ? work.type : TYPES.process;
  const now = new Date().toISOString();
  await database.write(async (transaction) => {
    const type = typeFor(await isQuarantined(transaction, id), wish);
    await putWork(transaction, { snapshotId: id, type, priority: 10, now });
  });
  await service.conductor.take(id);
}

async function report({ database }: Service, id: number, print: Print): Promise<ExitCode> {
  const status = await readStatus(database.read, id);
  const row = await database.read.selectFrom("hero_snapshots").select(["result", "last_error"]).where("id", "=", id).executeTakeFirstOrThrow();
  print.data(status ?? {}, () => `snapshot ${id}: ${row.result ?? "not processed"}${row.last_error === null ? "" : ` (${messageIn(row.last_error)})`}`);
  return row.result === "success" ? EXIT.done : row.result === "partial" ? EXIT.partial : EXIT.failed;
}

function messageIn(text: string): string {
  const value: unknown = JSON.parse(text);
  return typeof value === "object" && value !== null && "message" in value ? String(value.message) : text;
}

async function fetchOne(service: Service, namecode: string, print: Print): Promise<ExitCode> {
  const { control } = service.runtime;
  const settled = Promise.withResolvers<void>();
  const { jobId } = await service.operations.fetch(namecode);
  const unlisten = service.runtime.onEvent((event) => {
    if (event.kind === "job.settled" && event.jobId === jobId && event.state !== "retrying" && event.state !== "ready") settled.resolve();
  });
  const now = await control.job(jobId);
  if (now.endedAtMs === null) await settled.promise;
  unlisten();
  const job = await control.job(jobId);
  if (job.state !== "succeeded") throw new CommandError(EXIT.failed, `the profile was not fetched: ${job.summary ?? job.state}`, "Check UPSTREAM_URL.");
  const result: unknown = JSON.parse((await control.document(jobId, "result")) ?? "null");
  const id = typeof result === "object" && result !== null && "snapshot_id" in result ? Number(result.snapshot_id) : 0;
  await service.conductor.take(id);
  await service.untilDone(id);
  return await report(service, id, print);
}

async function verify(id: number, print: Print): Promise<ExitCode> {
  return await withDatabase(async (database) => {
    const parity = await verifySnapshot(database, id, new AbortController().signal).catch((error: unknown) => {
      throw new CommandError(EXIT.failed, `snapshot ${id} cannot be read as a profile: ${messageOf(error)}`);
    });
    if (parity === null) throw new CommandError(EXIT.nothingMatched, `there is no snapshot ${id}`);
    print.data(parity, () =>
      [
        `snapshot ${id} of ${parity.namecode}: payload ${parity.payload}, ${parity.equal ? "rows agree" : "rows differ"}`,
        ...Object.entries(parity.groups).map(
          ([name, { items, equal, differences, newer, bad, different }]) =>
            `  ${name.padEnd(9)} ${items} items, ${equal} equal, ${differences} different${different.length === 0 ? "" : ` (${different.join(", ")})`}, ${newer} newer, ${bad} bad`,
        ),
      ].join("\n"),
    );
    return parity.equal ? EXIT.done : EXIT.failed;
  });
}

function readId(written: string): number {
  const id = Number(written);
  if (!Number.isSafeInteger(id) || id < 1) throw new CommandError(EXIT.usage, `${JSON.stringify(written)} is not the id of a snapshot`);
  return id;
}
