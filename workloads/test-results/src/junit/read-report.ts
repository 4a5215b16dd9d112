import { createReadStream } from "node:fs";
import { readXml, ReaderError } from "@cofferdam/readers";
import { createCaseHandlers, type JunitCase } from "./case-rows.ts";

export interface ReportProblem {
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
  readonly flushAt: number;
  readonly signal: AbortSignal;
  /** Called between pieces. */
  readonly onProgress: (cases: number) => void;
}

/**
 * Streams a report's cases; `flush` is awaited with what has gathered.
 * @throws WorkError `not_junit`.
 */
export async function readReport(path: string, options: ReportOptions, flush: (cases: readonly JunitCase[]) => Promise<void>): Promise<ReportRead> {
  let gathered: JunitCase[] = [];
  let gatheredChars = 0;
  let cases = 0;
  const flushNow = async (): Promise<void> => {
    const batch = gathered;
    gathered = [];
    gatheredChars = 0;
    if (batch.length > 0) await flush(batch);
  };
  const handlers = createCaseHandlers((found) => {
    cases += 1;
    gathered.push(found);
    gatheredChars += found.failureMessage?.length ?? 0;
  });
  const problem = await readXml(
    createReadStream(path),
    {
      ...handlers,
      async drain() {
        options.onProgress(cases);
        if (gathered.length >= options.flushAt || gatheredChars >= GATHERED_CHARS_MAX) await flushNow();
      },
    },
    { signal: options.signal },
  ).then(() => null, problemOf);
  await flushNow();
  return { cases, problem };
}

/** Few cases with huge messages are written out early. */
const GATHERED_CHARS_MAX = 512 * 1024;

function problemOf(error: unknown): ReportProblem {
  if (!(error instanceof ReaderError)) throw error;
  return { code: error.code, message: error.message, line: error.line, column: error.column };
}
