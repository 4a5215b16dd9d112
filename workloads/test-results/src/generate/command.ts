import { createWriteStream } from "node:fs";
import { Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { InvalidArgumentError, Option, type Command } from "commander";
import type { ReportOptions, ReportStyle } from "./options.ts";
import { parseSize } from "./options.ts";
import { generateReport, type ReportFacts } from "./report.ts";
import { type Print } from "workload-command-line";

interface GenerateOptions {
  readonly cases?: number;
  readonly bytes?: number;
  readonly style: ReportStyle;
  readonly seed: number;
  readonly suites?: number;
  readonly failureRate: number;
  readonly output: string;
}

export function addGenerateCommand(program: Command, print: Print): void {
  program
    .command("generate")
    .description("write a JUnit report of any size; the same seed gives the same bytes")
    .option("--cases <n>", "test cases (default: as many as the bytes allow, or 1000)", readNumber)
    .option("--bytes <size>", "about how long, such as 500MB; with --cases, system-out fills the rest", readSize)
    .addOption(new Option("--style <style>", "mixed: with megabytes of system-out here and there").choices(["mixed", "dense"]).default("mixed"))
    .option("--seed <n>", "where chance begins", readNumber, 1)
    .option("--suites <n>", "test suites (default: one for every 500 cases)", readNumber)
    .option("--failure-rate <share>", "share of failed cases, 0 to 0.5", readNumber, 0.02)
    .option("--output <file>", "where to; - is standard output", "-")
    .action(async ({ output, ...options }: GenerateOptions) => {
      const facts = await writeReport(options, output);
      print.note(`${facts.bytes} bytes, ${facts.cases} cases in ${facts.suites} suites: ${facts.passed} passed, ${facts.failed} failed, ${facts.skipped} skipped`);
    });
}

/** Writes a generated report to a file, or to standard output. */
export async function writeReport(options: ReportOptions, output: string): Promise<ReportFacts> {
  const report = generateReport(options);
  let facts: ReportFacts | null = null;
  const pieces = function* pieces(): Generator<Buffer, void, void> {
    facts = yield* report;
  };
  await pipeline(pieces, output === "-" ? standardOutput() : createWriteStream(output));
  if (facts === null) throw new Error("the report was not written to its end");
  return facts;
}

/** Standard output is not ours to close. */
function standardOutput(): Writable {
  return new Writable({
    write(chunk: Buffer, _encoding, done) {
      process.stdout.write(chunk, (error) => done(error ?? null));
    },
  });
}

function readNumber(written: string): number {
  const value = Number(written);
  if (written.trim() === "" || !Number.isFinite(value)) throw new InvalidArgumentError("not a number");
  return value;
}

function readSize(written: string): number {
  try {
    return parseSize(written);
  } catch (error) {
    throw new InvalidArgumentError(error instanceof Error ? error.message : String(error));
  }
}
