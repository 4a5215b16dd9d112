import { isContention, type Database } from "../database/database.ts";

export interface FetchedPage {
  readonly finalUrl: string;
  readonly status: number;
  readonly body: string;
}

/** What this run has fetched: in the database, so that a run that is resumed asks nobody twice. */
export interface PageMemory {
  find(url: string): Promise<FetchedPage | null>;
  keep(url: string, page: FetchedPage): Promise<void>;
}

export function createPageMemory(database: Database, runId: string, waiting: () => void): PageMemory {
  return {
    async find(url) {
      const row = await database.read.selectFrom("run_fetches").select(["final_url", "status", "body"]).where("run_id", "=", runId).where("url", "=", url).executeTakeFirst();
      return row === undefined ? null : { finalUrl: row.final_url, status: row.status, body: row.body };
    },
    async keep(url, { finalUrl, status, body }) {
      const row = { run_id: runId, url, final_url: finalUrl, status, body };
      try {
        await database.write(
          (transaction) =>
            transaction
              .insertInto("run_fetches")
              .values(row)
              .onConflict((conflict) => conflict.doNothing())
              .execute(),
          { waiting },
        );
      } catch (error) {
        // The page is here: with a database that stays locked only its second use is lost, and the item that needs it says so.
        if (!isContention(error)) throw error;
      }
    },
  };
}
