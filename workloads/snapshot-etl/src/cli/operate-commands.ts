import { Command } from "commander";
import { messageOf } from "../errors.ts";
import { findBackfill } from "../backfill/rows.ts";
import { backfillBody } from "../http/parameters.ts";
import { viewBackfill } from "../http/admin-routes.ts";
import { listQuarantine } from "../query/snapshots.ts";
import { createArchiver } from "../retention/archive-now.ts";
import { withDatabase, withService } from "./one-shot.ts";
import type { Service } from "../service.ts";
import { CommandError, EXIT, type ExitCode, type Print } from "workload-command-line";

interface BackfillFlags {
  readonly from: string;
  readonly to: string;
  readonly batchSize: string;
  readonly concurrency: string;
  readonly canary: string;
  readonly owner: string;
  readonly dryRun?: boolean;
}

export function addOperateCommands(program: Command, print: Print): void {
  program
    .command("backfill")
    .description("process stored snapshots of a time range again, in order")
    .requiredOption("--from <time>", "received from here on")
    .requiredOption("--to <time>", "to before here")
    .option("--batch-size <number>", "snapshots looked up at once", "100")
    .option("--concurrency <number>", "snapshots processed at once", "1")
    .option("--canary <number>", "the first so many one at a time; none may fail", "0")
    .option("--owner <name>", "whose it is", "cli")
    .option("--dry-run", "only say how many there are")
    .action(async (flags: BackfillFlags) => {
      process.exitCode = await withService((service) => backfill(service, flags, print));
    });
  const quarantine = new Command("quarantine").description("snapshots that are set aside");
  program.addCommand(quarantine);
  quarantine
    .command("list")
    .description("what is in quarantine, oldest first")
    .action(async () => {
      process.exitCode = await withDatabase(async (database) => {
        const rows = await listQuarantine(database.read, 1000);
        for (const row of rows) print.data(row, () => Object.values(row).map(String).join("  "));
        return rows.length === 0 ? EXIT.nothingMatched : EXIT.done;
      });
    });
  quarantine
    .command("release <id>")
    .description("take a snapshot out of quarantine and process it here and now")
    .option("--lane <name>", "normal or highmem", "normal")
    .action(async (written: string, { lane }: { readonly lane: string }) => {
      process.exitCode = await withService((service) => release(service, Number(written), lane, print));
    });
  program
    .command("archive")
    .description("archive what RETENTION_DAYS and RETENTION_PER_USER do not keep, now")
    .action(async () => {
      process.exitCode = await withDatabase(async (database) => {
        const { archived, kept } = await createArchiver(database)((path) => print.note(path));
        for (const { message } of kept) print.note(message);
        print.data({ archived, kept: kept.map(({ id }) => id) }, () => `${archived} archived${kept.length === 0 ? "" : `, ${kept.length} kept: not as received`}`);
        if (kept.length > 0) return archived === 0 ? EXIT.failed : EXIT.partial;
        return archived === 0 ? EXIT.nothingMatched : EXIT.done;
      });
    });
}

async function backfill(service: Service, flags: BackfillFlags, print: Print): Promise<ExitCode> {
  const parsed = backfillBody.safeParse({
    from: flags.from,
    to: flags.to,
    batch_size: Number(flags.batchSize),
    concurrency: Number(flags.concurrency),
    canary: Number(flags.canary),
    owner: flags.owner,
  });
  if (!parsed.success) throw new CommandError(EXIT.usage, parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`).join("; "));
  const { dry_run: _dry, batch_size, ...rest } = parsed.data;
  const request = { ...rest, batchSize: batch_size };
  const extent = await service.operations.measureBackfill(request);
  if (flags.dryRun === true || extent.count === 0) {
    print.data({ dry_run: true, ...extent }, () => `${extent.count} snapshots, ${extent.bytes} bytes`);
    return extent.count === 0 ? EXIT.nothingMatched : EXIT.done;
  }
  const { job_id } = await service.operations.startBackfill(request, "cli");
  await service.untilBackfilled(job_id);
  const row = await findBackfill(service.database.read, job_id);
  if (row === null) throw new CommandError(EXIT.failed, `the backfill ${job_id} is gone`);
  print.data(viewBackfill(row), () => `${row.status}: ${row.processed_count} processed, ${row.error_count} failed${row.pause_reason === null ? "" : ` (${row.pause_reason})`}`);
  return row.status !== "done" ? EXIT.failed : row.error_count > 0 ? EXIT.partial : EXIT.done;
}

async function release(service: Service, id: number, lane: string, print: Print): Promise<ExitCode> {
  if (lane !== "normal" && lane !== "highmem") throw new CommandError(EXIT.usage, `--lane ${lane}: normal or highmem`);
  await service.operations.release(id, lane, "cli").catch((error: unknown) => {
    throw new CommandError(EXIT.refused, messageOf(error));
  });
  await service.untilDone(id);
  const row = await service.database.read.selectFrom("hero_snapshots").select("result").where("id", "=", id).executeTakeFirstOrThrow();
  print.data({ snapshot_id: id, result: row.result }, () => `snapshot ${id}: ${row.result ?? "not processed"}`);
  return row.result === "success" ? EXIT.done : row.result === "partial" ? EXIT.partial : EXIT.failed;
}
