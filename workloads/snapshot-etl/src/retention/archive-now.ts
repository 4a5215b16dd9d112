import { systemClock, type Clock } from "../clock.ts";
import type { Database } from "../database/open.ts";
import { readSettings, type Settings } from "../settings.ts";
import { archiveSnapshot } from "./archive.ts";
import { chooseForArchive } from "./choose.ts";

const AT_ONCE = 100;

type Rules = Pick<Settings, "archiveDirectory" | "retentionDays" | "retentionPerUser">;

/** Archives everything that nothing keeps. What was archived is gone from the list, so a killed run just goes on. */
export function createArchiver(database: Database, rules: Rules = readSettings(), options: { readonly clock?: Clock; readonly signal?: AbortSignal } = {}) {
  const { clock = systemClock, signal = new AbortController().signal } = options;
  return async (onArchived: (path: string) => void): Promise<number> => {
    for (let archived = 0; ;) {
      const due = await chooseForArchive(database.read, rules, clock.nowMs(), AT_ONCE);
      if (due.length === 0) return archived;
      for (const snapshot of due) {
        onArchived(await archiveSnapshot({ database, directory: rules.archiveDirectory, clock, signal }, snapshot));
        archived += 1;
      }
    }
  };
}
