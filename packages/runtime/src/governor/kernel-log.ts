import { closeSync, constants, openSync, readSync } from "node:fs";
import { readSmallFile } from "./proc.ts";

const LINES_MAX = 12;
const RECORDS_MAX = 20_000;
/** Records that are read before the main thread gets to do something else: about 1 ms. */
const RECORDS_AT_ONCE = 400;
const RECORD_BYTES = 8192;
/** Lines that tell of memory or of processes that were ended. */
const TELLING = /out of memory|oom|killed process|memory cgroup|segfault|traps:|general protection/i;

/** From when to when, in seconds before now. */
export interface KernelLogWindow {
  readonly fromSecondsAgo: number;
  /** 0: to the newest line. */
  readonly toSecondsAgo: number;
}

/**
 * What the kernel said of memory and ended processes in this time, as "[seconds since boot] text". Null when it may not be read (most containers).
 * The pids in it are those of the machine, which are others than ours inside a container: so it is told, and proves nothing.
 */
export function readKernelLog(window: KernelLogWindow, file = "/dev/kmsg"): Promise<readonly string[] | null> {
  // Many that die together share one read: it goes on to the newest line there is.
  reading ??= readOnce(window, file).finally(() => {
    reading = null;
  });
  return reading;
}

let reading: Promise<readonly string[] | null> | null = null;

async function readOnce({ fromSecondsAgo, toSecondsAgo }: KernelLogWindow, file: string): Promise<readonly string[] | null> {
  const uptime = Number.parseFloat(readSmallFile("/proc/uptime") ?? "");
  if (Number.isNaN(uptime)) return null;
  let log: number;
  try {
    log = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch {
    return null;
  }
  try {
    const lines: string[] = [];
    for (let records = 0; records < RECORDS_MAX; records += RECORDS_AT_ONCE) {
      if (readRecords(log, { from: uptime - fromSecondsAgo, to: toSecondsAgo === 0 ? Number.POSITIVE_INFINITY : uptime - toSecondsAgo }, lines) === "end") break;
      await nextTurn();
    }
    return lines.slice(-LINES_MAX);
  } finally {
    closeSync(log);
  }
}

/** In seconds since boot. */
interface Uptimes {
  readonly from: number;
  readonly to: number;
}

function readRecords(log: number, uptimes: Uptimes, lines: string[]): "more" | "end" {
  const buffer = Buffer.allocUnsafe(RECORD_BYTES);
  try {
    for (let record = 0; record < RECORDS_AT_ONCE; record += 1) {
      const length = readSync(log, buffer, 0, buffer.length, null);
      if (length === 0) return "end";
      lines.push(...parseRecords(buffer.toString("utf8", 0, length), uptimes));
    }
    return "more";
  } catch {
    // EAGAIN is the end of what there is; EPIPE that old records were overwritten while we read.
    return "end";
  }
}

/** "6,1234,98765432,-;text": priority, number, microseconds since boot, flags. */
export function parseRecords(text: string, { from, to }: Uptimes): readonly string[] {
  return text.split("\n").flatMap((line) => {
    const match = /^\d+,\d+,(\d+),[^;]*;(.*)$/.exec(line);
    if (match === null) return [];
    const seconds = Number(match[1]) / 1e6;
    const words = match[2] ?? "";
    return seconds >= from && seconds <= to && TELLING.test(words) ? [`[${seconds.toFixed(3)}] ${words.slice(0, 300)}`] : [];
  });
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
