import type { JobType, ScheduleDefinition, ScheduleRecord } from "../model/index.ts";

export interface DefinitionPlan {
  readonly put: readonly ScheduleRecord[];
  readonly remove: readonly string[];
  /** Keys that a second job type wants as well; the first by name keeps it. */
  readonly conflicts: readonly { readonly key: string; readonly type: string; readonly owner: string }[];
}

/**
 * Brings the stored schedules in line with what the loaded modules define. Modules own what they define: also a key that the API had made.
 * A schedule whose type is not loaded now (its module is broken or gone) is kept with its history; one that its module no longer defines is removed.
 */
export function planDefinitions(stored: readonly ScheduleRecord[], types: ReadonlyMap<string, JobType>, nowMs: number): DefinitionPlan {
  const before = new Map(stored.map((record) => [record.key, record]));
  const owners = new Map<string, string>();
  const conflicts: { key: string; type: string; owner: string }[] = [];
  const put: ScheduleRecord[] = [];
  for (const jobType of [...types.values()].sort((a, b) => (a.type < b.type ? -1 : 1))) {
    for (const definition of jobType.schedules) {
      const owner = owners.get(definition.key);
      if (owner !== undefined) {
        conflicts.push({ key: definition.key, type: jobType.type, owner });
        continue;
      }
      owners.set(definition.key, jobType.type);
      const known = before.get(definition.key);
      if (known === undefined || !isSame(known, jobType.type, definition)) put.push(recordOf(jobType.type, definition, known, nowMs));
    }
  }
  const remove = stored.filter((record) => record.origin === "definition" && types.has(record.type) && !owners.has(record.key)).map((record) => record.key);
  return { put, remove, conflicts };
}

function isSame(record: ScheduleRecord, type: string, definition: ScheduleDefinition): boolean {
  return (
    record.origin === "definition" &&
    record.type === type &&
    record.cron === definition.cron &&
    record.timeZone === definition.timeZone &&
    record.input === definition.input &&
    record.overlap === definition.overlap &&
    record.catchUp === definition.catchUp
  );
}

function recordOf(type: string, definition: ScheduleDefinition, known: ScheduleRecord | undefined, nowMs: number): ScheduleRecord {
  return {
    ...definition,
    type,
    lane: null,
    origin: "definition",
    paused: known?.paused ?? false,
    lastSlotMs: known?.lastSlotMs ?? null,
    lastJobId: known?.lastJobId ?? null,
    missed: known?.missed ?? 0,
    updatedAtMs: nowMs,
  };
}
