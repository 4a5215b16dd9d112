/** What the address of a match says: `/scoreboard/{matchKey}/{seriesKey}/{label}/{team1}/{team2}/{slug}/live`. */
export interface MatchAddress {
  /** The id of the match everywhere. */
  readonly matchKey: string;
  readonly seriesKey: string;
  readonly label: string;
  /** The path of its live page, whichever of its pages was written. */
  readonly path: string;
}

const SEGMENTS = /^(\/scoreboard\/([\w.~-]+)\/([\w.~-]+)\/([^/]+)\/[^/]+\/[^/]+\/[^/]+)(?:\/[^/]+)?\/?$/;

/** The address of a match, from a path or a whole URL; null when it is not one. */
export function readMatchUrl(written: string): MatchAddress | null {
  const path = pathOf(written);
  const match = path === null ? null : SEGMENTS.exec(path);
  if (match === null) return null;
  const [, base = "", matchKey = "", seriesKey = "", label = ""] = match;
  return { matchKey, seriesKey, label: decode(label), path: `${base}/live` };
}

/** The path of an address, without query and fragment; null when there is none. */
function pathOf(written: string): string | null {
  const trimmed = written.trim();
  if (trimmed === "" || trimmed.length > 2000) return null;
  try {
    const { pathname, protocol } = new URL(trimmed, "http://path.invalid");
    return protocol === "http:" || protocol === "https:" ? pathname : null;
  } catch {
    return null;
  }
}

export function isTest({ label }: Pick<MatchAddress, "label">): boolean {
  return /-test$/i.test(label);
}

/** The page beside the live one. */
export function siblingPath({ path }: Pick<MatchAddress, "path">, page: "live" | "info" | "scorecard"): string {
  const segments = path.split("/").filter((segment) => segment !== "");
  return `/${[...segments.slice(0, 7), page].join("/")}`;
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
