/** Job types and the lanes they wait in: one lane each, so that pausing a type is pausing its lane. */
export const TYPES = {
  process: "process_snapshot",
  highmem: "process_snapshot_highmem",
  backfill: "process_snapshot_backfill",
  fetch: "fetch_profile",
  archive: "archive_snapshots",
} as const;

export type TypeName = (typeof TYPES)[keyof typeof TYPES];

export const LANES = {
  [TYPES.process]: "normal",
  [TYPES.highmem]: "highmem",
  [TYPES.backfill]: "backfill",
  [TYPES.fetch]: "fetch",
  [TYPES.archive]: "upkeep",
} as const satisfies Record<TypeName, string>;

export type LaneName = (typeof LANES)[TypeName];

export const PROCESS_TYPES = [TYPES.process, TYPES.highmem, TYPES.backfill] as const;
export type ProcessType = (typeof PROCESS_TYPES)[number];

export function isTypeName(text: string): text is TypeName {
  return Object.values<string>(TYPES).includes(text);
}

export function isProcessType(text: string): text is ProcessType {
  return (PROCESS_TYPES as readonly string[]).includes(text);
}

export const PRIORITIES = { interactive: 10, normal: 0, backfill: -10 } as const;
export type PriorityName = keyof typeof PRIORITIES;
