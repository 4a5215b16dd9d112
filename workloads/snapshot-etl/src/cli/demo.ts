import { join } from "node:path";
import { nameCodeOf, profileText } from "../generate/profile-text.ts";
import { SIZES, type Flaw, type SizeName } from "../generate/sizes.ts";
import { findSummary } from "../query/profiles.ts";
import { verifySnapshot } from "../query/verify.ts";
import type { Service } from "../service.ts";
import { startStandIn } from "../stand-in/server.ts";
import { withService } from "./one-shot.ts";
import { EXIT, inTemporaryDirectory, type ExitCode, type Print } from "workload-command-line";

interface Act {
  readonly title: string;
  readonly size: SizeName;
  readonly n: number;
  readonly flaw: Flaw;
  readonly expected: string;
}

const ACTS: readonly Act[] = [
  { title: "a small profile", size: "small", n: 1, flaw: "none", expected: "success" },
  { title: "2.5 MB with 30,000 entries nobody knows", size: "large", n: 2, flaw: "none", expected: "success" },
  { title: "7 MB: above the size guard, through the high-memory lane", size: "huge", n: 3, flaw: "none", expected: "success" },
  { title: "a hundred thousand arrays inside each other", size: "tiny", n: 4, flaw: "deep", expected: "success" },
  { title: "one troop that is none", size: "tiny", n: 5, flaw: "bad-troop", expected: "partial" },
  { title: "cut off on its way", size: "small", n: 6, flaw: "truncated", expected: "failed" },
  { title: "a worker that dies of memory, once (ballast)", size: "tiny", n: 7, flaw: "none", expected: "success" },
];

/** The snapshot that the ballast is for: the last of the acts. */
const BALLAST = `${ACTS.length}:400`;

/** Profiles of every kind through a real service: what becomes of each, and what the runtime says of the one that exhausts its worker. */
export async function runDemo(print: Print): Promise<ExitCode> {
  return await inTemporaryDirectory("snapshot-etl-demo", (directory) => runIn(directory, print));
}

async function runIn(directory: string, print: Print): Promise<ExitCode> {
  const upstream = await startStandIn(0, "medium");
  try {
    const change = { DB_PATH: join(directory, "snapshots.db"), ARCHIVE_DIR: join(directory, "archive"), UPSTREAM_URL: upstream.url, PROCESS_BALLAST_MB: BALLAST };
    return await withService((service) => perform(service, print), change);
  } finally {
    await upstream.close();
  }
}

async function perform(service: Service, print: Print): Promise<ExitCode> {
  let asExpected = true;
  for (const act of ACTS) {
    const body = Array.from(profileText({ n: act.n, shape: SIZES[act.size], flaw: act.flaw }), (piece) => Buffer.from(piece));
    const answer = await service.ingest.accept({
      body: (async function* () {
        yield* body;
      })(),
      about: () => ({ source: "demo", namecode: null, priority: "normal" }),
      idempotencyKey: null,
      correlationId: null,
    });
    const id = Number(answer.body["snapshot_id"]);
    await service.untilDone(id);
    const told = await tell(service, id, act, print);
    asExpected &&= told;
  }
  const namecode = nameCodeOf(2);
  const found = await findSummary(service.database.read, namecode);
  if (found.kind === "ready") print.data({ summary: found.summary }, () => `summary of ${namecode}: ${JSON.stringify(found.summary)}`);
  const parity = await verifySnapshot(service.database, 2, new AbortController().signal);
  print.data({ parity }, () => `parity of snapshot 2: ${parity?.equal === true ? "rows agree with the payload" : "rows differ"}`);
  return asExpected && parity?.equal === true ? EXIT.done : EXIT.failed;
}

async function tell({ database }: Service, id: number, act: Act, print: Print): Promise<boolean> {
  const row = await database.read.selectFrom("hero_snapshots").select(["result", "size_bytes"]).where("id", "=", id).executeTakeFirstOrThrow();
  const held = await database.read.selectFrom("snapshot_quarantine").select("reason").where("snapshot_id", "=", id).executeTakeFirst();
  const error = await database.read.selectFrom("etl_errors").select(["error_type", "message"]).where("snapshot_id", "=", id).executeTakeFirst();
  const remarks = [held === undefined ? null : `quarantine: ${held.reason}`, error === undefined ? null : `${error.error_type}: ${error.message.slice(0, 150)}`].filter(
    (each) => each !== null,
  );
  print.data({ snapshot_id: id, act: act.title, result: row.result, remarks }, () =>
    [`${String(row.result).padStart(8)}  ${String(row.size_bytes).padStart(8)} bytes  ${act.title}`, ...remarks.map((remark) => `${" ".repeat(10)}${remark}`)].join("\n"),
  );
  return row.result === act.expected;
}
