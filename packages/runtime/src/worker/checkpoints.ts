import type { HostLink } from "./wire-end.ts";
import { JobAbort } from "./errors.ts";

/** Checkpoints on their way to the disk. */
export interface Checkpoints {
  /** Resolves when it is stored. */
  save(attemptId: string, value: unknown): Promise<void>;
  answered(sequence: number, ok: boolean): void;
}

export interface CheckpointsHost {
  readonly send: HostLink["send"];
  /** Keeps the process alive while an answer is awaited. */
  hold(isAwaiting: boolean): void;
}

const BYTES_MAX = 1024 * 1024;

export function createCheckpoints(host: CheckpointsHost): Checkpoints {
  const waiting = new Map<number, { resolve(): void; reject(error: Error): void }>();
  let lastSequence = 0;
  return {
    async save(attemptId, value) {
      const text = JSON.stringify(value);
      if (text === undefined) throw new TypeError("a checkpoint must be a JSON value");
      if (Buffer.byteLength(text) > BYTES_MAX) throw new RangeError(`a checkpoint may have at most ${BYTES_MAX} bytes of JSON`);
      lastSequence += 1;
      const sequence = lastSequence;
      host.hold(true);
      return new Promise<void>((resolve, reject) => {
        waiting.set(sequence, { resolve, reject });
        host.send({ kind: "checkpoint", attemptId, sequence }, text);
      });
    },
    answered(sequence, ok) {
      const pending = waiting.get(sequence);
      if (waiting.delete(sequence)) host.hold(false);
      if (ok) pending?.resolve();
      else pending?.reject(new JobAbort({ kind: "cancel", text: "this attempt no longer owns the job: the checkpoint was not stored" }));
    },
  };
}
