import { mkdirSync, readdirSync } from "node:fs";
import { mkdir, open, readdir, rename, stat } from "node:fs/promises";
import { join } from "node:path";
import { removeTree } from "../governor/index.ts";
import type { Artifact } from "../model/index.ts";

const SUFFIX = ".heapsnapshot";
/** How a snapshot that V8 has written to its end ends. */
const LAST_BYTES = "]}";
/** More than this, in number or in bytes, is not kept: the oldest go first. */
const SNAPSHOTS_MAX = 10;
const BYTES_MAX = 4 * 1024 ** 3;

/** Where V8 puts the heap snapshot of one worker, and from where it goes to the attempt that it is about. */
export interface SnapshotShelf {
  /** For the worker's Node: one snapshot when its heap is nearly full, no more for the life of the process. */
  readonly nodeFlags: readonly string[];
  /** Whether V8 has begun one. */
  isTaken(): boolean;
  /** Moves it to the artifacts of the attempt that began at this time, Unix ms; null: there is none, or it is an earlier attempt's. Call when its process has ended. Never rejects: a disk that is full is no reason to lose the rest of the evidence. */
  keepFor(attemptId: string, startedAtMs: number): Promise<Artifact | null>;
  /** Never rejects; what cannot be removed is tried again by the sweep. */
  close(): Promise<void>;
}

/** `directory` holds a folder of every attempt that has artifacts, and one of every living worker that may write some. */
export function openSnapshotShelf(directory: string, workerId: string): SnapshotShelf {
  const own = join(directory, workerId);
  mkdirSync(own, { recursive: true, mode: 0o700 });

  function taken(): string | null {
    try {
      return readdirSync(own).find((name) => name.endsWith(SUFFIX)) ?? null;
    } catch {
      return null;
    }
  }

  return {
    nodeFlags: ["--heapsnapshot-near-heap-limit=1", `--diagnostic-dir=${own}`],
    isTaken: () => taken() !== null,
    async keepFor(attemptId, startedAtMs) {
      const name = taken();
      if (name === null || (await changedAtMs(join(own, name))) < startedAtMs) return null;
      const artifact = await moveWhole(join(own, name), join(directory, attemptId)).catch(() => NOT_FINISHED);
      await trim(directory);
      return artifact;
    },
    async close() {
      await removeTree(own);
    },
  };
}

async function changedAtMs(file: string): Promise<number> {
  const about = await stat(file).catch(() => null);
  return about?.mtimeMs ?? 0;
}

const NOT_FINISHED: Artifact = { kind: "heap-snapshot", state: "not-finished", file: null, bytes: null };

/** Half a snapshot is of no use to anybody: only a whole one is kept. */
async function moveWhole(from: string, folder: string): Promise<Artifact> {
  const bytes = await sizeOfWhole(from);
  if (bytes === null) return NOT_FINISHED;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const file = join(folder, `heap${SUFFIX}`);
  await rename(from, file);
  return { kind: "heap-snapshot", state: "finished", file, bytes };
}

async function sizeOfWhole(file: string): Promise<number | null> {
  await using handle = await open(file, "r");
  const { size } = await handle.stat();
  const length = Math.min(size, LAST_BYTES.length);
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, size - length);
  return buffer.toString("latin1", 0, bytesRead) === LAST_BYTES ? size : null;
}

export interface KeptSnapshot {
  readonly folder: string;
  readonly bytes: number;
  readonly atMs: number;
}

/** The newest stay, up to their number and their bytes; the newest one always. */
export function chooseSurplus(snapshots: readonly KeptSnapshot[]): readonly KeptSnapshot[] {
  let bytes = 0;
  return snapshots
    .toSorted((a, b) => b.atMs - a.atMs)
    .filter((snapshot, index) => {
      bytes += snapshot.bytes;
      return index > 0 && (index >= SNAPSHOTS_MAX || bytes > BYTES_MAX);
    });
}

async function trim(directory: string): Promise<void> {
  for (const { folder } of chooseSurplus(await listSnapshots(directory))) await removeTree(folder);
}

/** Removes artifacts that are older than their retention, and what workers that no longer live have left; what cannot be removed stays. */
export async function sweepSnapshots(options: { readonly directory: string; readonly beforeMs: number; isLiving(workerId: string): boolean }): Promise<void> {
  for (const { folder, atMs } of await listSnapshots(options.directory)) if (atMs < options.beforeMs) await removeTree(folder);
  const names = await readdir(options.directory).catch(() => []);
  for (const name of names) if (name.startsWith("w_") && !options.isLiving(name)) await removeTree(join(options.directory, name));
}

async function listSnapshots(directory: string): Promise<readonly KeptSnapshot[]> {
  const names = await readdir(directory).catch(() => []);
  const found = await Promise.all(
    names
      .filter((name) => name.startsWith("a_"))
      .map(async (name) => {
        const folder = join(directory, name);
        const about = await stat(join(folder, `heap${SUFFIX}`)).catch(() => null);
        return about === null ? [] : [{ folder, bytes: about.size, atMs: about.mtimeMs }];
      }),
  );
  return found.flat();
}
