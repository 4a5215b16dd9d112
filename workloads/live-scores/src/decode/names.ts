/** p: players, t: teams, s: series. */
export type CodeKind = "p" | "t" | "s";

/** Names of codes. It never changes: what one tick resolves is never read by the next. */
export interface Names {
  /** By code, then by an equal `_name`, then by an equal `_short` (any case) of the same kind; null when nobody knows it. */
  find(kind: CodeKind, code: string): string | null;
  readonly size: number;
}

interface Index {
  readonly byCode: Map<string, string>;
  readonly byName: Map<string, string>;
  readonly byShort: Map<string, string>;
}

const KEY = /^([pts])_(.+)_(name|short)$/;

/** Reads a flat map such as `{"t_CD_name": "United States", "t_CD_short": "USA"}`; everything else in it is passed over. */
export function createNames(map: Readonly<Record<string, unknown>>): Names {
  const indexes: Record<CodeKind, Index> = { p: emptyIndex(), t: emptyIndex(), s: emptyIndex() };
  const shorts: { readonly kind: CodeKind; readonly code: string; readonly short: string }[] = [];
  for (const [key, value] of Object.entries(map)) {
    const [, kind, code, field] = KEY.exec(key) ?? [];
    if (typeof value !== "string" || value.trim() === "" || !isKind(kind) || code === undefined) continue;
    if (field === "name") {
      indexes[kind].byCode.set(code, value);
      keepFirst(indexes[kind].byName, value, value);
    } else shorts.push({ kind, code, short: value });
  }
  for (const { kind, code, short } of shorts) keepFirst(indexes[kind].byShort, short, indexes[kind].byCode.get(code) ?? short);
  return {
    size: indexes.p.byCode.size + indexes.t.byCode.size + indexes.s.byCode.size,
    find(kind, code) {
      const { byCode, byName, byShort } = indexes[kind];
      const folded = fold(code);
      return byCode.get(code) ?? byName.get(folded) ?? byShort.get(folded) ?? null;
    },
  };
}

export const NO_NAMES: Names = createNames({});

/** Resolves codes of one answer and keeps what nobody knows, in the order in which it was met. */
export interface Resolver {
  name(kind: CodeKind, code: string): string;
  missing(): string[];
}

export function createResolver(names: Names): Resolver {
  const missing = new Set<string>();
  return {
    name(kind, code) {
      const found = names.find(kind, code);
      if (found === null) missing.add(`${kind}_${code}`);
      return found ?? code;
    },
    missing: () => [...missing],
  };
}

function emptyIndex(): Index {
  return { byCode: new Map(), byName: new Map(), byShort: new Map() };
}

function isKind(written: string | undefined): written is CodeKind {
  return written === "p" || written === "t" || written === "s";
}

function keepFirst(map: Map<string, string>, key: string, value: string): void {
  const folded = fold(key);
  if (!map.has(folded)) map.set(folded, value);
}

function fold(text: string): string {
  return text.trim().toLowerCase();
}
