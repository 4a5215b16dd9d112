import { createReadStream } from "node:fs";
import { parseOrderLine, type OrderResult } from "./order-line.ts";

export interface OrderCount {
  readonly results: number;
  readonly ignored: number;
}

/** A line is held only up to this length; what is longer is one ignored line. */
const LINE_CHARS_MAX = 65_536;

/** Reads an order file of any size piece by piece; `flush` is awaited with the results gathered so far. */
export async function readOrderFile(
  path: string,
  options: { readonly flushAt: number; readonly signal: AbortSignal },
  flush: (results: readonly OrderResult[]) => Promise<void>,
): Promise<OrderCount> {
  let gathered: OrderResult[] = [];
  let results = 0;
  let ignored = 0;
  for await (const line of linesOf(path, options.signal)) {
    const result = parseOrderLine(line);
    if (result === null) {
      ignored += 1;
      continue;
    }
    results += 1;
    gathered.push(result);
    if (gathered.length < options.flushAt) continue;
    await flush(gathered);
    gathered = [];
  }
  if (gathered.length > 0) await flush(gathered);
  return { results, ignored };
}

async function* linesOf(path: string, signal: AbortSignal): AsyncGenerator<string> {
  let rest = "";
  let overlong = false;
  for await (const chunk of createReadStream(path, { encoding: "utf8", signal })) {
    const lines = (rest + String(chunk)).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      yield overlong ? "…" : line.endsWith("\r") ? line.slice(0, -1) : line;
      overlong = false;
    }
    if (rest.length > LINE_CHARS_MAX) {
      overlong = true;
      rest = "";
    }
  }
  if (rest !== "" || overlong) yield overlong ? "…" : rest;
}
