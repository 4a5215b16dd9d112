import { toTime } from "../clock.ts";
import type { Database } from "../database/open.ts";
import type { StoredPayload } from "../query/profiles.ts";

export interface RetentionRules {
  readonly retentionDays: number;
  readonly retentionPerUser: number;
}

const DAY_MS = 86_400_000;

/** The oldest snapshots that nothing keeps: older than the days, not among the newest of their user, and with nothing left to do. */
export async function chooseForArchive(read: Database["read"], rules: RetentionRules, nowMs: number, limit: number): Promise<readonly StoredPayload[]> {
  const rows = await read
    .selectFrom("hero_snapshots as old")
    .select(["old.id", "old.raw", "old.size_bytes", "old.content_hash"])
    .where("old.created_at", "<", toTime(nowMs - rules.retentionDays * DAY_MS))
    .where("old.processing", "=", 0)
    .where(({ not, exists, selectFrom }) => not(exists(selectFrom("work").select("work.snapshot_id").whereRef("work.snapshot_id", "=", "old.id"))))
    .where(({ eb, or, fn, selectFrom }) => {
      const newer = selectFrom("hero_snapshots as newer")
        .select(fn.countAll<number>().as("count"))
        .whereRef("newer.namecode", "=", "old.namecode")
        .where((each) => {
          const sameTime = each("newer.created_at", "=", each.ref("old.created_at"));
          return each.or([each("newer.created_at", ">", each.ref("old.created_at")), each.and([sameTime, each("newer.id", ">", each.ref("old.id"))])]);
        });
      // What names nobody, such as a payload that is no JSON, is among nobody's newest.
      return or([eb("old.namecode", "is", null), eb(newer, ">=", rules.retentionPerUser)]);
    })
    .orderBy("old.created_at")
    .orderBy("old.id")
    .limit(limit)
    .execute();
  return rows.map(({ id, raw, size_bytes, content_hash }) => ({ id, uploadId: raw, sizeBytes: size_bytes, contentHash: content_hash }));
}
