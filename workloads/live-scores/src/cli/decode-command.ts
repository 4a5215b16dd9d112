import { createReadStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import { CommandError, EXIT, messageOf, type ExitCode, type Frame } from "workload-command-line";
import { decodeLive } from "../decode/live.ts";
import { createNames, NO_NAMES, type Names } from "../decode/names.ts";
import { createReplay } from "../reconcile/replay.ts";

export function addReadingCommands({ program, print }: Frame): void {
  program
    .command("decode")
    .description("read recorded bodies of the live JSON, one a line; prints one object a line")
    .requiredOption("--sv3 <file>", "bodies, or lines {ts, url, body}")
    .option("--names <file>", "code map, a flat object")
    .action(async ({ sv3, names }: { readonly sv3: string; readonly names?: string }) => {
      const known = names === undefined ? NO_NAMES : await readNames(names);
      process.exitCode = await eachLine(sv3, print.note, (line) => [decodeLive(bodyOf(JSON.parse(line)), known)]);
    });
  program
    .command("replay")
    .description("apply recorded discovery cycles to nothing but memory; prints one event a line")
    .requiredOption("--timeline <file>", "lines {ts, urls[]} or {ts, error}")
    .action(async ({ timeline }: { readonly timeline: string }) => {
      const replay = createReplay();
      process.exitCode = await eachLine(timeline, print.note, (line) => replay.next(line));
    });
}

/** Prints what each line gives, as it gives it. A line that cannot be read is named and left out. */
async function eachLine(file: string, note: (text: string) => void, read: (line: string) => readonly object[]): Promise<ExitCode> {
  let lines = 0;
  let failures = 0;
  for await (const line of createInterface({ input: await openFile(file), crlfDelay: Number.POSITIVE_INFINITY })) {
    if (line.trim() === "") continue;
    lines += 1;
    try {
      for (const each of read(line)) process.stdout.write(`${JSON.stringify(each)}\n`);
    } catch (error) {
      failures += 1;
      note(`${file}: entry ${lines}: ${messageOf(error)}`);
    }
  }
  if (lines === 0) throw new CommandError(EXIT.nothingMatched, `${file} has no lines`);
  if (failures === 0) return EXIT.done;
  return failures === lines ? EXIT.failed : EXIT.partial;
}

/** Recorded with its time and address, or alone. */
export function bodyOf(line: unknown): Readonly<Record<string, unknown>> {
  if (typeof line !== "object" || line === null || Array.isArray(line)) throw new TypeError("a body of the live JSON is an object");
  const body = "body" in line && typeof line.body === "object" && line.body !== null ? line.body : line;
  return body as Readonly<Record<string, unknown>>;
}

export async function readNames(file: string): Promise<Names> {
  const text = await readFile(file, "utf8").catch((error: unknown) => {
    throw new CommandError(EXIT.usage, `${file} cannot be read: ${messageOf(error)}`);
  });
  try {
    return createNames(bodyOf(JSON.parse(text)));
  } catch (error) {
    throw new CommandError(EXIT.failed, `${file} is not a code map: ${messageOf(error)}`);
  }
}

async function openFile(file: string): Promise<NodeJS.ReadableStream> {
  const stream = createReadStream(file, "utf8");
  await new Promise<void>((resolve, reject) => {
    stream.once("ready", () => resolve());
    stream.once("error", (error) => reject(new CommandError(EXIT.usage, `${file} cannot be read: ${messageOf(error)}`)));
  });
  return stream;
}
