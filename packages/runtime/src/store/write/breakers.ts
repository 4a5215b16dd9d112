import { changeBreaker, type BreakerRecord } from "../../model/index.ts";
import { json } from "../codec.ts";
import type { Operations } from "../operations.ts";
import type { WriteContext } from "./context.ts";

export interface BreakerOperations {
  breakers(ask: Operations["breakers"]["ask"]): Operations["breakers"]["answer"];
  changeBreaker(ask: Operations["changeBreaker"]["ask"]): Operations["changeBreaker"]["answer"];
}

/** Reads, decides and writes inside one transaction: of two who ask for the last try, one gets it. */
export function createBreakers({ database }: WriteContext): BreakerOperations {
  const all = database.prepare("SELECT record FROM breakers WHERE expires_at > ? ORDER BY key");
  const find = database.prepare("SELECT record FROM breakers WHERE key = ?");
  const put = database.prepare(
    "INSERT INTO breakers (key, expires_at, record) VALUES (?, ?, ?) ON CONFLICT (key) DO UPDATE SET expires_at = excluded.expires_at, record = excluded.record",
  );
  const remove = database.prepare("DELETE FROM breakers WHERE key = ?");
  const forget = database.prepare("DELETE FROM breakers WHERE expires_at <= ?");

  return {
    breakers: ({ nowMs }) => all.all(nowMs).map((row) => json<BreakerRecord>(row["record"])),
    changeBreaker({ ask, moment }) {
      const row = find.get(moment.key);
      const written = row === undefined ? null : json<BreakerRecord>(row["record"]);
      const before = written === null || written.expiresAtMs <= moment.nowMs ? null : written;
      const { record, answer } = changeBreaker(before, ask, moment);
      if (record === null) {
        if (row !== undefined) remove.run(moment.key);
      } else {
        if (row === undefined) forget.run(moment.nowMs);
        put.run(record.key, record.expiresAtMs, JSON.stringify(record));
      }
      return { before, record, answer };
    },
  };
}
