import { writeSync } from "node:fs";
import { Socket } from "node:net";
import { setImmediate } from "node:timers/promises";
import { encodeFrame, FrameReader, type FromWorker, type RawFrame } from "../wire/index.ts";

/** The descriptor that the supervisor opens for us. */
export const WIRE_DESCRIPTOR = 3;

const RETRY_MS = 1;
const RETRIES_MAX = 30_000;

const sleeper = new Int32Array(new SharedArrayBuffer(4));

/**
 * Writes a frame before it returns: what was said stays said even when the next line of the job kills the process.
 * A full pipe makes us wait (the supervisor reads all the time); after 30 s the supervisor is beyond help and the process ends.
 */
export function writeFrame(descriptor: number, header: object, payload?: string | Uint8Array): void {
  writeAll(descriptor, encodeFrame(header, payload));
}

export function writeAll(descriptor: number, frame: Buffer): void {
  let offset = 0;
  let retries = 0;
  while (offset < frame.length) {
    try {
      offset += writeSync(descriptor, frame, offset);
    } catch (error) {
      if (hasCode(error, "EPIPE")) endWithHost();
      if (!hasCode(error, "EAGAIN") || retries >= RETRIES_MAX) throw error;
      retries += 1;
      Atomics.wait(sleeper, 0, 0, RETRY_MS);
    }
  }
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}

/** The supervisor is gone. Nobody is left to hear a result: end at once and without a word, with everything this process started in its group. */
export function endWithHost(): void {
  try {
    process.kill(-process.pid, "SIGKILL");
  } catch {
    // not a group leader (inside a namespace): the kernel ends the rest
  }
  process.kill(process.pid, "SIGKILL");
}

export interface HostLink {
  send(message: FromWorker, payload?: string): void;
  /** Resolves when what the host had written by now has been read. */
  heard(): Promise<void>;
  /** Whether the link alone keeps the process alive. */
  hold(isHeld: boolean): void;
}

export function openHostLink(onFrame: (frame: RawFrame) => void, onClosed: () => void): HostLink {
  const socket = new Socket({ fd: WIRE_DESCRIPTOR, readable: true, writable: false });
  // The host is believed: how large an input may be is a setting.
  const reader = new FrameReader(Number.POSITIVE_INFINITY);
  socket.on("data", (chunk: Buffer) => {
    for (const frame of reader.push(chunk)) onFrame(frame);
  });
  socket.once("close", onClosed);
  socket.on("error", () => undefined);
  return {
    send: (message, payload) => writeFrame(WIRE_DESCRIPTOR, message, payload),
    async heard() {
      // The first turn may be one in which the loop has looked for messages already.
      await setImmediate();
      await setImmediate();
    },
    hold(isHeld) {
      if (isHeld) socket.ref();
      else socket.unref();
    },
  };
}
