import { open, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import type { FatalReport } from "../model/index.ts";

/** Enough for a traceback through forty frames, or V8's last words above a native stack; what is kept of it is less. */
export const TAIL_BYTES = 65_536;
const TAIL_LINES = 400;
const LINE_LENGTH_MAX = 8192;

export interface LogRange {
  readonly file: string;
  readonly from: number;
  readonly to: number;
}

/** The last lines within a byte range of a log. Never throws: missing evidence is no evidence. */
export async function readLogTail(range: LogRange): Promise<readonly string[]> {
  const length = Math.min(TAIL_BYTES, range.to - range.from);
  if (length <= 0) return [];
  try {
    await using file = await open(range.file, "r");
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, range.to - length);
    return lastLines(buffer.toString("utf8", 0, bytesRead));
  } catch {
    return [];
  }
}

/** The last lines from a byte on to the end of the file. */
export async function readTail(file: string, from: number): Promise<{ readonly lines: readonly string[]; readonly to: number }> {
  const size = await stat(file).then(
    (found) => found.size,
    () => from,
  );
  const to = Math.max(from, size);
  return { lines: await readLogTail({ file, from, to }), to };
}

export function lastLines(text: string): readonly string[] {
  return text
    .split("\n")
    .map((line) => line.trimEnd())
    .filter((line) => line !== "")
    .slice(-TAIL_LINES)
    .map((line) => line.slice(0, LINE_LENGTH_MAX));
}

const INSPECTOR_LINE = /^(?:Debugger (?:listening on ws:|attached\.|ending on ws:)|For help, see: https:\/\/nodejs\.org\/.*inspector|Waiting for the debugger to disconnect)/;

/** Without what Node's inspector writes when it is opened, asked and closed. */
export function withoutInspector(lines: readonly string[]): readonly string[] {
  return lines.filter((line) => !INSPECTOR_LINE.test(line));
}

/** V8's own report, when it wrote one. */
export async function readFatalReport(directory: string): Promise<FatalReport | null> {
  let text: string;
  try {
    text = await readFile(join(directory, "fatal.json"), "utf8");
  } catch {
    return null;
  }
  try {
    const report: unknown = JSON.parse(text);
    const header = field(report, "header");
    const heap = field(report, "javascriptHeap");
    return {
      event: String(field(header, "event") ?? "unknown"),
      trigger: String(field(header, "trigger") ?? "unknown"),
      heapUsedBytes: numberOrNull(field(heap, "usedMemory")),
      heapLimitBytes: numberOrNull(field(heap, "memoryLimit")) ?? numberOrNull(field(heap, "heapSizeLimit")),
      source: "Node's report on a fatal error (--report-on-fatalerror)",
    };
  } catch {
    return null;
  }
}

function field(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null && key in value ? (value as Record<string, unknown>)[key] : undefined;
}

function numberOrNull(value: unknown): number | null {
  return typeof value === "number" ? value : null;
}
