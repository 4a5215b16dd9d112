import { systemClock, type Clock } from "../clock.ts";
import type { Database } from "../database/open.ts";
import { readSettings, type Settings } from "../settings.ts";
import { archiveSnapshot, ReadBackError, removeUnfinished } from "./archive.ts";
import { chooseForArchive } from "./choose.ts";

const AT_ONCE = 100;

type Rules = Pick<Settings, "archiveDirectory" | "retentionDays" | "retentionPerUser">;

export interface Archived {
  readonly archived: number;
  /** What could not be read back as it was received: nothing of it was deleted. */
  readonly kept: readonly KeptSnapshot[];
}

export interface KeptSnapshot {
  readonly id: number;
  readonly message: string;
}

/** Archives everything that nothing keeps. What was archived is gone from the list, so a killed run just goes on; what could not be is passed over, and named. */
export function createArchiver(database: Database, rules: Rules = readSettings(), options: { readonly clock?: Clock; readonly signal?: AbortSignal } = {}) {
  const { clock = systemClock, signal = new AbortController().signal } = options;
  return async (onArchived: (path: string) => void): Promise<Archived> => {
    await removeUnfinished(rules.archiveDirectory);
    const kept = new Map<number, KeptSnapshot>();
    for (let archived = 0; ;) {
      const due = (await chooseForArchive(database.read, rules, clock.nowMs(), AT_ONCE + kept.size)).filter(({ id }) => !kept.has(id));
      if (due.length === 0) return { archived, kept: [...kept.values()] };
      for (const snapshot of due) {
        try {
          const path = await archiveSnapshot({ database, directory: rules.archiveDirectory, clock, signal }, snapshot);
          if (path === null) continue;
          onArchived(path);
          archived += 1;
        } catch (error) {
          if (!(error instanceof ReadBackError)) throw error;
          kept.set(snapshot.id, { id: snapshot.id, message: error.message });
        }
      }
    }
  };
}
