import { statSync } from "node:fs";
import type { Readable, Writable } from "node:stream";
import type { Clock } from "../platform/index.ts";
import { lastLines, readLogTail, TAIL_BYTES } from "./evidence.ts";
import { listenTogether } from "./listen-together.ts";

/** Where a command's output goes, how much of it there was, and its last lines. */
export interface OutputSink {
  bytes(): number;
  tail(): Promise<readonly string[]>;
  /** Asked when its tree has ended. Resolves when what the program had written has been passed on; once somebody is in a hurry, at most 1 s later. */
  drained(hurry: Promise<unknown>): Promise<void>;
}

/** A pipe that is open so long after the end of its tree is held by somebody who left it. The time that the reader takes does not count, unless somebody is in a hurry. */
const HELD_MS_MAX = 1000;
const LOOK_MS = 50;

/** Straight into a file: the kernel has the bytes, also when we are killed. */
export function fileSink(file: string): OutputSink {
  const bytes = (): number => {
    try {
      return statSync(file).size;
    } catch {
      return 0;
    }
  };
  return { bytes, tail: () => readLogTail({ file, from: 0, to: bytes() }), drained: () => Promise.resolve() };
}

/** Passed on to somebody else, who sets the pace: when the reader is slow the program waits, when it is gone the program's pipe breaks, as in a shell. */
export function pumpSink(pairs: readonly Pair[], onBytes: (total: number) => void, clock: Clock): OutputSink {
  let bytes = 0;
  let tail = "";
  const pumps = pairs.map((pair) =>
    startPump(pair, (chunk) => {
      bytes += chunk.length;
      onBytes(bytes);
      tail = (tail + chunk.toString("utf8")).slice(-TAIL_BYTES);
    }),
  );
  return {
    bytes: () => bytes,
    tail: () => Promise.resolve(lastLines(tail)),
    async drained(hurry) {
      let isHurried = false;
      void hurry.then(() => {
        isHurried = true;
      });
      const stop = clock.every(LOOK_MS, () => {
        for (const pump of pumps) pump.waited(LOOK_MS, isHurried);
      });
      await Promise.all(pumps.map(({ passed }) => passed));
      stop();
    },
  };
}

interface Pair {
  readonly from: Readable;
  readonly to: Writable | null;
}

interface Pump {
  /** Resolves when the program's end is closed and its reader has everything. */
  readonly passed: Promise<void>;
  /** So much more time has gone by since the program's end. */
  waited(ms: number, isHurried: boolean): void;
}

function startPump({ from, to }: Pair, onChunk: (chunk: Buffer) => void): Pump {
  const passed = Promise.withResolvers<void>();
  /** Chunks that the reader has not taken yet. */
  let untaken = 0;
  let heldMs = 0;

  function finish(): void {
    if (!from.closed || untaken > 0) return;
    forgetClose();
    passed.resolve();
  }

  /** What its reader has not taken by now, it never will. */
  function finishWithout(): void {
    untaken = 0;
    from.destroy();
    finish();
  }

  const forgetClose = to === null ? () => undefined : listenTogether(to, "close", finishWithout);
  from.on("error", () => undefined);
  from.once("close", finish);
  from.on("data", (chunk: Buffer) => {
    onChunk(chunk);
    if (to === null) return;
    untaken += 1;
    const hasRoom = to.write(chunk, (error) => {
      if (error !== null && error !== undefined) return finishWithout();
      untaken -= 1;
      finish();
    });
    if (hasRoom) return;
    from.pause();
    listenTogether(to, "drain", () => from.resume());
  });
  return {
    passed: passed.promise,
    waited(ms, isHurried) {
      if (untaken === 0 || isHurried) heldMs += ms;
      if (heldMs >= HELD_MS_MAX) finishWithout();
    },
  };
}
