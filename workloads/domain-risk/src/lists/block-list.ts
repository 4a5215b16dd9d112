/** One list as it was read. */
export interface BlockList {
  /** Lines that are neither blank nor comments. */
  readonly entries: readonly string[];
  /** Without those of the forms `www.`, `api.` and `drive.`; each once, in the list's order. */
  readonly domains: readonly string[];
}

const SKIPPED_PREFIXES = ["www.", "api.", "drive."];

export function readBlockList(text: string): BlockList {
  const entries = text
    .replace(/^\uFEFF/, "")
    .split(/\r\n|\r|\n/)
    .map((line) => line.trim().toLowerCase())
    .filter((line) => line !== "" && !line.startsWith("#"));
  return { entries, domains: [...new Set(entries.filter((entry) => !SKIPPED_PREFIXES.some((prefix) => entry.startsWith(prefix))))] };
}

/** The list with more domains, each also with `www.`: new lines are sorted and follow what is there. Nothing that is there is written again. */
export function addToList(text: string, domains: readonly string[]): string {
  const known = new Set(readBlockList(text).entries);
  const wanted = new Set(domains.flatMap((domain) => [domain, `www.${domain}`]));
  const fresh = [...wanted].filter((line) => !known.has(line)).sort();
  if (fresh.length === 0) return text;
  const before = text === "" || text.endsWith("\n") ? text : `${text}\n`;
  return `${before}${fresh.join("\n")}\n`;
}

/** The list without these domains and their `www.` forms; every other line stays as it is. */
export function removeFromList(text: string, domains: readonly string[]): string {
  const gone = new Set(domains.flatMap((domain) => [domain, `www.${domain}`]));
  return text
    .split(/(?<=\n)/)
    .filter((line) => !gone.has(line.trim().toLowerCase()))
    .join("");
}
