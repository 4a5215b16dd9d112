import { CofferdamError } from "../model/index.ts";
import { BEHIND_BYTES_MAX, systemClock } from "../platform/index.ts";
import { exitCodeOfError, EXIT } from "./exit-codes.ts";
import { openScreen } from "./screen.ts";
import { paint, printable } from "./text.ts";

/** Where a command reads from and writes to. */
export interface Terminal {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly directory: string;
  /** Colour on standard error, where the status lines go. */
  readonly color: boolean;
  /** Data: standard output. */
  data(text: string): void;
  /** Bytes of data, as they are. */
  bytes(chunk: Uint8Array): void;
  /** Everything else: standard error. */
  note(text: string): void;
  /** Bytes for standard error, as they are: a job's own output. */
  noteBytes(chunk: Uint8Array): void;
  nowMs(): number;
  /** From here on a reader that is gone ends nothing: this process hosts what must be ended in order. What it would have read is dropped. */
  ignoreBrokenPipe(): void;
  /** A screen that can be redrawn and that hears keys; null where standard output or input is no terminal. */
  screen(): Screen | null;
}

export interface Screen {
  readonly columns: number;
  readonly rows: number;
  draw(lines: readonly string[]): void;
  onKey(listener: (key: string) => void): void;
  /** Gives the terminal back as it was. */
  close(): void;
}

export function processTerminal(): Terminal {
  let onBrokenPipe: BrokenPipe = "exit";
  let isFailing = false;
  process.stdout.on("error", (error) => {
    if (!isReaderGone(error)) {
      if (!isFailing) failAtExit(error);
      isFailing = true;
    }
    // `cofferdam jobs | head -1` is no error: nobody reads any more, so there is nothing more to do.
    else if (onBrokenPipe === "exit") process.exit(process.exitCode ?? EXIT.ok);
  });
  // Status lines are no command's purpose: what cannot be written (no reader, no room) is dropped.
  process.stderr.on("error", () => undefined);
  return {
    env: process.env,
    directory: process.cwd(),
    color: wantsColor(process.env, process.stderr.isTTY === true),
    data: (text) => void process.stdout.write(text.endsWith("\n") ? text : `${text}\n`),
    bytes: (chunk) => void process.stdout.write(chunk),
    note(text) {
      if (process.stderr.writableLength < BEHIND_BYTES_MAX) process.stderr.write(`${text}\n`);
    },
    noteBytes: (chunk) => void process.stderr.write(chunk),
    nowMs: () => systemClock.nowMs(),
    ignoreBrokenPipe() {
      onBrokenPipe = "drop";
    },
    screen: () => (process.stdout.isTTY === true && process.stdin.isTTY === true && process.env.TERM !== "dumb" ? openScreen(process.stdout, process.stdin) : null),
  };
}

export function wantsColor(env: Readonly<Record<string, string | undefined>>, isTerminal: boolean): boolean {
  if (env.NO_COLOR !== undefined && env.NO_COLOR !== "") return false;
  if (env.FORCE_COLOR !== undefined && env.FORCE_COLOR !== "" && env.FORCE_COLOR !== "0") return true;
  return isTerminal && env.TERM !== "dumb";
}

type BrokenPipe = "exit" | "drop";

/** A pipe that nobody reads any more, or a terminal that was closed. */
function isReaderGone({ code }: NodeJS.ErrnoException): boolean {
  return code === "EPIPE" || (code === "EIO" && process.stdout.isTTY);
}

/** Data that somebody waits for and that could not be written (a full disk): what runs is ended in order, and then that is no success. */
function failAtExit({ message }: NodeJS.ErrnoException): void {
  process.once("exit", (code) => {
    process.stderr.write(`cofferdam: standard output could not be written: ${message}\n`);
    if (code === EXIT.ok) process.exitCode = EXIT.unexpected;
  });
}

/** Versioned JSON, one object on one line. */
export function writeJson(terminal: Terminal, value: object): void {
  terminal.data(JSON.stringify({ schema: 1, ...value }));
}

/** Words an error on standard error and returns the exit code. Stacks only with COFFERDAM_DEBUG=1. */
export function reportError(terminal: Terminal, error: unknown): number {
  const red = (text: string) => paint(text, "red", terminal.color);
  if (error instanceof CofferdamError) {
    terminal.note(`${red("error:")} ${lowerFirst(error.title)} — ${printable(error.message)}`);
    for (const pointed of error.errors) terminal.note(`  at ${pointed.pointer === "" ? "the whole input" : printable(pointed.pointer)}: ${printable(pointed.detail)}`);
    if (error.hint !== undefined) terminal.note(`  next: ${printable(error.hint)}`);
  } else {
    terminal.note(`${red("error:")} something unexpected happened — ${printable(error instanceof Error ? error.message : String(error))}`);
    terminal.note("  next: run it again with COFFERDAM_DEBUG=1 for the stack; if Cofferdam is at fault, please report it.");
  }
  if (terminal.env.COFFERDAM_DEBUG === "1" && error instanceof Error) terminal.note(error.stack ?? error.message);
  return error instanceof CofferdamError ? exitCodeOfError(error.code) : EXIT.unexpected;
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
