import { BadInputError } from "../errors.ts";
import type { ReportRead } from "../junit/read-report.ts";

/** What becomes of a report by the way its reading ended. */
export type JudgedReport =
  | { readonly kind: "whole" }
  /** It breaks off: what came before is kept. */
  | { readonly kind: "cut"; readonly problem: string }
  /** Nothing in it could be read. */
  | { readonly kind: "unreadable"; readonly problem: string; readonly error: BadInputError }
  /** It would eat the memory, or says that it is something else than it is: nobody goes on with this job. */
  | { readonly kind: "hostile"; readonly error: BadInputError };

/** Above a limit that no honest report reaches. */
const HOSTILE: Readonly<Record<string, "oversize" | "malformed">> = {
  entity_declaration: "malformed",
  too_deep: "oversize",
  too_many_attributes: "oversize",
  token_too_long: "oversize",
  element_too_large: "oversize",
  too_large: "oversize",
  gzip_bomb: "oversize",
};

/** Pure. `malformed at line 4, column 17` are words that people look for. */
export function judgeReport(path: string, { cases, problem }: ReportRead): JudgedReport {
  if (problem === null) return { kind: "whole" };
  const hostile = HOSTILE[problem.code];
  if (hostile !== undefined) return { kind: "hostile", error: new BadInputError(hostile, `${path}: ${problem.code}: ${problem.message}`) };
  if (problem.code === "not_junit") {
    const text = `${path}: not_junit: ${problem.message}`;
    return { kind: "unreadable", problem: text, error: new BadInputError("not_junit", text) };
  }
  const text = `${path}: ${problem.code} at line ${problem.line}, column ${problem.column}: ${problem.message}`;
  return cases > 0 ? { kind: "cut", problem: text } : { kind: "unreadable", problem: text, error: new BadInputError("malformed", text) };
}
