import { readXml, ReaderError } from "@cofferdam/readers";
import { WorkError } from "../errors.ts";
import { createCaseHandlers, type JunitCase } from "./case-rows.ts";

export interface ReportProblem {
  /** A code of the reader's, or `not_junit`. */
  readonly code: string;
  readonly message: string;
  readonly line: number;
  readonly column: number;
}

export interface ReportRead {
  readonly cases: number;
  /** The file breaks off or is malformed here; the cases before it have been handed over. */
  readonly problem: ReportProblem | null;
}

export interface ReportOptions {
  readonly signal: AbortSignal;
  /** Called between pieces. */
  readonly onProgress: (cases: number) => void;
}

export interface CaseTaker {
  take(found: JunitCase): void;
  /** Awaited between two pieces of the document: nothing is read meanwhile. */
  flush(): Promise<void>;
}

/** Streams a report's cases, plain or gzip. Errors of the disk and of the taker pass. */
export async function readReport(path: string, options: ReportOptions, taker: CaseTaker): Promise<ReportRead> {
  let cases = 0;
  const handlers = createCaseHandlers((found) => {
    cases += 1;
    taker.take(found);
  });
  const problem = await readXml(
    path,
    {
      ...handlers,
      async drain() {
        options.onProgress(cases);
        await taker.flush();
      },
    },
    { signal: options.signal },
  ).then(() => null, problemOf);
  options.onProgress(cases);
  return { cases, problem };
}

function problemOf(error: unknown): ReportProblem {
  if (error instanceof ReaderError && error.permanent) return { code: error.code, message: error.message, line: error.line, column: error.column };
  if (error instanceof WorkError && error.code === "not_junit") return { code: "not_junit", message: error.message, line: 1, column: 0 };
  throw error;
}
