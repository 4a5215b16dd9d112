import { SCANNER_CODE } from "./scanner-code.ts";

/** Node's types name it without describing it. */
declare const WebAssembly: {
  readonly Module: new (code: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: object };
};

/** See wasm/scan.ts, wasm/rewrite.ts. */
interface ScannerExports {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
  readonly depth: Counter;
  readonly flags: Counter;
  readonly cut: Counter;
  readonly keys: Counter;
  readonly keysAtCut: Counter;
  readonly lines: Counter;
  readonly linesAtCut: Counter;
  readonly entriesAtCut: Counter;
  readonly stoppedAt: Counter;
  readonly elementStart: Counter;
  readonly longest: Counter;
  readonly longestStart: Counter;
  begin(mode: number, depthMax: number, at: number): void;
  taken(shift: number): void;
  clearFlags(): void;
  entriesAtEnd(): number;
  gatherKeys(count: number, out: number): number;
  hasLongString(end: number): number;
  forgetStrings(): void;
  rewrite(from: number, to: number, out: number, entries: number): number;
  marksWritten(): number;
  unescape(mark: number, out: number): number;
  isWide(): number;
  stringStart(mark: number): number;
  stringEnd(mark: number): number;
  scan(from: number, to: number): number;
  scanLines(from: number, to: number): void;
  joinLines(from: number, to: number): void;
}

interface Counter {
  readonly value: number;
}

export const SCAN_MODE = { array: 0, map: 1 } as const;
export const SCAN_FLAG = { escapedKey: 1, bigNumber: 2, outOfPlace: 4, lineBroken: 8 } as const;
export const SCAN_ANSWER = { more: -1, tooDeep: -2, wrongSeparator: -3 } as const;

/** Bytes that are scanned, cut and parsed at a time. With more, more of what was parsed survives a collection, and the heap grows; with less, calls begin to cost. */
export const BATCH_BYTES = 32 * 1024;

/**
 * Where the scanner notes the places of keys: eight bytes per entry (where it begins, where its colon stands), as many entries as BATCH_BYTES can hold (five bytes each) and one more.
 * Behind it, from 56 KiB on, the places of long strings; see wasm/tables.ts.
 */
const TABLE_START = 1024;
/** The first byte of data; the one before it is free for a bracket. */
export const DATA_START = TABLE_START + 64 * 1024;
/** The scanner looks 64 bytes ahead of the last one, and a bracket may be put behind the data. */
const SLACK_BYTES = 128;
const PAGE_BYTES = 65_536;

let compiled: object | null = null;

/** One that nobody uses, kept for the next reading. */
let idle: Scanner | null = null;
const IDLE_BYTES_MAX = 1024 * 1024;

/** A scanner of one's own until it is given back. */
export function borrowScanner(): Scanner {
  const scanner = idle ?? new Scanner();
  idle = null;
  return scanner;
}

/** Nobody may use it any more. One that has grown large is let go. */
export function giveBackScanner(scanner: Scanner): void {
  if (scanner.memory.length <= IDLE_BYTES_MAX) idle = scanner;
}

/** The scanner and the memory it works on. */
export class Scanner {
  readonly wasm: ScannerExports;
  /** All of the memory. Another one after `reserve`. */
  memory: Buffer;
  /** Behind the data there is as much room again, for what is written anew. */
  scratch = DATA_START;

  constructor() {
    compiled ??= new WebAssembly.Module(Buffer.from(SCANNER_CODE, "base64"));
    // The one place where compiled code gets its types.
    this.wasm = new WebAssembly.Instance(compiled).exports as unknown as ScannerExports;
    this.memory = Buffer.from(this.wasm.memory.buffer);
  }

  /** Makes room for this many bytes of data, and for as much behind them. */
  reserve(bytes: number): void {
    this.scratch = Math.ceil((DATA_START + bytes + SLACK_BYTES) / SLACK_BYTES) * SLACK_BYTES;
    const needed = this.scratch + bytes + SLACK_BYTES;
    if (needed <= this.memory.length) return;
    const pages = Math.ceil(Math.max(needed, Math.min(this.memory.length * 2, this.memory.length + 8 * 1024 * 1024)) / PAGE_BYTES);
    this.wasm.memory.grow(pages - this.memory.length / PAGE_BYTES);
    this.memory = Buffer.from(this.wasm.memory.buffer);
  }

  /** Where this entry of a map begins: behind the comma before it. */
  entryStart(entry: number): number {
    return this.memory.readInt32LE(TABLE_START + entry * 8);
  }
}
