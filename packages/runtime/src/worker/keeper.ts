import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Keeper, KeptProcess } from "../model/index.ts";
import type { KeptMessage } from "../wire/index.ts";

/** What jobs have left in this process on purpose, and for whom. */
export interface KeptShelf {
  /** What a job of this type is given; `mayKeep` is asked at each `keep`. */
  doorFor(type: string, mayKeep: () => boolean): Keeper | null;
  /** Whether there is something that an attempt of this type must not find. */
  isInTheWayOf(type: string): boolean;
  /** Ends everything; resolves when it has ended, or after 3 s: then the census finds it. */
  giveUp(reason: string): Promise<void>;
  /** Resolves when nothing is being given up any more; null: nothing is. */
  settled(): Promise<void> | null;
}

const KEPT_MAX = 8;
const PATIENCE_MS = 3000;
const WHAT_CHARACTERS_MAX = 100;

/** `parent`: where its directory is made when it is first asked for; undefined where nothing can be kept. */
export function createKeptShelf(parent: string | undefined, send: (message: KeptMessage) => void): KeptShelf {
  const kept = new Map<number, { readonly type: string; readonly process: KeptProcess }>();
  let ending: Promise<void> | null = null;
  let directory: string | null = null;

  function say(): void {
    send({ kind: "kept", trees: [...kept.values()].map(({ process: { pid, what } }) => ({ pid, what: what.slice(0, WHAT_CHARACTERS_MAX) })) });
  }

  /** Named until it has ended: while it ends it is no leak. */
  async function endOne({ pid, end }: KeptProcess, reason: string): Promise<void> {
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, PATIENCE_MS);
    // A job's function: it may throw, too.
    const ended = (async () => end(reason))().catch(() => undefined);
    await Promise.race([ended, late]);
    clearTimeout(timer);
    if (kept.delete(pid)) say();
  }

  function openDirectory(): string {
    directory ??= join(parent ?? "", "kept");
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    return directory;
  }

  return {
    doorFor(type, mayKeep) {
      if (parent === undefined) return null;
      return {
        get directory() {
          return openDirectory();
        },
        keep(process) {
          if (!Number.isInteger(process.pid) || process.pid <= 1 || kept.size >= KEPT_MAX || !mayKeep()) return false;
          kept.set(process.pid, { type, process });
          say();
          return true;
        },
        release(pid) {
          if (kept.delete(pid)) say();
        },
      };
    },
    isInTheWayOf: (type) => kept.size > 0 && [...kept.values()].some((one) => one.type !== type),
    giveUp(reason) {
      if (kept.size === 0) return ending ?? Promise.resolve();
      const own: Promise<void> = Promise.all([ending, ...[...kept.values()].map(({ process }) => endOne(process, reason))]).then(() => {
        if (ending === own) ending = null;
      });
      ending = own;
      return own;
    },
    settled: () => ending,
  };
}
