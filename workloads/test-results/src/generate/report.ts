import { createChance, type Chance } from "./chance.ts";
import { resolveReportOptions, type ReportOptions, type ResolvedReportOptions } from "./options.ts";
import { classNameOf, logText, messageOf, moduleOf, testNameOf, traceOf } from "./words.ts";

/** What a generated report holds: what an import of it has to find. */
export interface ReportFacts {
  readonly bytes: number;
  readonly cases: number;
  readonly suites: number;
  readonly passed: number;
  /** Failures and errors. */
  readonly failed: number;
  readonly skipped: number;
}

/** Characters that are handed over at once. */
const PIECE_CHARS = 64 * 1024;
/** One system-out of a mixed report; less where the whole report is short. */
const LOG_CHARS_MAX = 1024 * 1024;
const LOGS_MIN = 16;

/**
 * Writes a JUnit report piece by piece, in constant memory; returns its facts. Every string is ASCII but for the names of some tests, so lengths are near to bytes.
 * @example await pipeline(Readable.from(generateReport({ bytes: 5e8, seed: 7 })), createWriteStream("report.xml"));
 */
export function* generateReport(options: ReportOptions): Generator<Buffer, ReportFacts, void> {
  const resolved = resolveReportOptions(options);
  const writer = new ReportWriter(resolved);
  writer.begin();
  while (writer.wantsMore()) {
    writer.addCase();
    if (writer.held >= PIECE_CHARS) yield writer.take();
  }
  writer.end();
  yield writer.take();
  return writer.facts();
}

class ReportWriter {
  held = 0;
  readonly #options: ResolvedReportOptions;
  readonly #chance: Chance;
  readonly #logChars: number;
  readonly #log: string;
  #pieces: string[] = [];
  #bytes = 0;
  #logBytes = 0;
  #cases = 0;
  #suites = 0;
  #failed = 0;
  #skipped = 0;

  constructor(options: ResolvedReportOptions) {
    this.#options = options;
    this.#chance = createChance(options.seed);
    this.#logChars = Math.min(LOG_CHARS_MAX, Math.ceil(options.bytesTarget / LOGS_MIN));
    this.#log = options.style === "mixed" ? logText(this.#chance, this.#logChars) : "";
  }

  begin(): void {
    this.#write('<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="generated">\n');
    this.#write(`  <!-- seed ${this.#options.seed}, ${this.#options.style} -->\n`);
  }

  wantsMore(): boolean {
    if (this.#cases >= this.#options.casesMax) return false;
    return this.#options.fillsUp || this.#written() < this.#options.bytesTarget;
  }

  addCase(): void {
    if (this.#cases % this.#options.casesPerSuite === 0) this.#beginSuite();
    const chance = this.#chance;
    const index = this.#cases;
    this.#cases += 1;
    const suite = this.#suites - 1;
    this.#write(`    <testcase name="${testNameOf(chance, index)}" classname="${classNameOf(suite)}" time="${(chance.next() * 2).toFixed(3)}"`);
    const body = this.#bodyOf(chance.next());
    this.#write(body === "" ? "/>\n" : `>\n${body}    </testcase>\n`);
  }

  /** Failed, skipped or nothing to say; and once in a while what the test printed. */
  #bodyOf(fate: number): string {
    const { failureRate } = this.#options;
    const log = this.#logIsDue() ? this.#cutLog() : "";
    if (fate < failureRate) {
      this.#failed += 1;
      const kind = fate < failureRate / 3 ? "error" : "failure";
      const message = messageOf(this.#chance);
      return `      <${kind} message="${message}" type="AssertionError">${traceOf(this.#chance, message)}</${kind}>\n${log}`;
    }
    if (fate >= 1 - failureRate) {
      this.#skipped += 1;
      return `      <skipped message="not on this platform"/>\n${log}`;
    }
    return log;
  }

  /** Half of a mixed report is system-out, or as much as is missing to the length asked for. */
  #logIsDue(): boolean {
    const { style, fillsUp, bytesTarget, casesMax } = this.#options;
    if (style === "dense") return false;
    if (fillsUp) return this.#written() + this.#logChars / 2 < bytesTarget * (this.#cases / casesMax);
    return this.#logBytes + this.#logChars / 2 < this.#written() / 2;
  }

  /** The same lines, begun somewhere else each time. */
  #cutLog(): string {
    const at = this.#log.indexOf("\n", this.#chance.below(this.#logChars / 2)) + 1;
    const text = `${this.#log.slice(at)}${this.#log.slice(0, at)}`;
    this.#logBytes += text.length;
    return `      <system-out><![CDATA[${text}]]></system-out>\n`;
  }

  #beginSuite(): void {
    this.#endSuite();
    const suite = this.#suites;
    this.#suites += 1;
    const file = `tests/${moduleOf(suite)}/test_${suite}.py`;
    this.#write(`  <testsuite name="${classNameOf(suite)}" file="${file}" hostname="runner-${suite % 16}">\n`);
    this.#write(`    <properties><property name="build" value="${1000 + suite}"/><property name="shard" value="${suite % 8}"/></properties>\n`);
  }

  #endSuite(): void {
    if (this.#suites > 0) this.#write("  </testsuite>\n");
  }

  end(): void {
    this.#endSuite();
    this.#write("</testsuites>\n");
  }

  #write(text: string): void {
    this.#pieces.push(text);
    this.held += text.length;
  }

  #written(): number {
    return this.#bytes + this.held;
  }

  take(): Buffer {
    const piece = Buffer.from(this.#pieces.join(""), "utf8");
    this.#pieces = [];
    this.held = 0;
    this.#bytes += piece.length;
    return piece;
  }

  facts(): ReportFacts {
    const failed = this.#failed;
    const skipped = this.#skipped;
    return { bytes: this.#bytes, cases: this.#cases, suites: this.#suites, passed: this.#cases - failed - skipped, failed, skipped };
  }
}
