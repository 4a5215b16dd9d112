/** Which snapshot a row is from. */
export interface Seen {
  readonly last_seen: string;
  readonly snapshot_id: number;
}

/** Whether what is stored is from a newer snapshot: by the game's time, and by id where that is the same. */
export function isNewer(stored: Seen, incoming: { readonly lastSeen: string; readonly snapshotId: number }): boolean {
  if (stored.last_seen !== incoming.lastSeen) return stored.last_seen > incoming.lastSeen;
  return stored.snapshot_id > incoming.snapshotId;
}

/** The same as a condition of an upsert. */
export function notNewerSql(table: string): string {
  return `(${table}.last_seen < excluded.last_seen OR (${table}.last_seen = excluded.last_seen AND ${table}.snapshot_id <= excluded.snapshot_id))`;
}
