import { open, type FileHandle } from "node:fs/promises";
import { join } from "node:path";
import type { FlightSample, MachineState, TreeListing } from "../model/index.ts";
import { FILE_BYTES_MAX, OLDER } from "./flight-file.ts";
import { parseLines, type FlightLine } from "./lines.ts";

/** What the files say of one attempt. */
export interface RecordedFlight {
  /** Oldest first. */
  readonly samples: readonly FlightSample[];
  readonly tree: TreeListing | null;
  readonly machineFirst: MachineState | null;
  readonly machineLast: MachineState | null;
  /** Of the code that ran. */
  readonly release: string | null;
}

/** A file that somebody else made larger than we ever do is read from its end. */
const READ_BYTES_MAX = 2 * FILE_BYTES_MAX;

/** Reads back what was recorded of an attempt. Never throws: what cannot be read is not there. */
export async function readFlight(directory: string, workerId: string, attemptId: string): Promise<RecordedFlight> {
  const path = join(directory, workerId);
  const lines = [...(await readLines(path + OLDER)), ...(await readLines(path))].filter((line) => line.attemptId === attemptId);
  const machines = lines.flatMap((line) => (line.kind === "machine" ? [line.machine] : []));
  return {
    samples: lines.flatMap((line) => (line.kind === "sample" ? [line.sample] : [])),
    tree: lines.flatMap((line) => (line.kind === "tree" ? [line.tree] : [])).at(-1) ?? null,
    machineFirst: machines[0] ?? null,
    machineLast: machines.at(-1) ?? null,
    release: lines.flatMap((line) => (line.kind === "machine" ? [line.release] : [])).at(-1) ?? null,
  };
}

async function readLines(path: string): Promise<readonly FlightLine[]> {
  try {
    await using file = await open(path, "r");
    return parseLines(await readEnd(file));
  } catch {
    return [];
  }
}

async function readEnd(file: FileHandle): Promise<string> {
  const { size } = await file.stat();
  const length = Math.min(size, READ_BYTES_MAX);
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, size - length);
  return buffer.toString("utf8", 0, bytesRead);
}
