import { constants } from "node:fs";
import { open, type FileHandle } from "node:fs/promises";
import { ReaderError, START, type ReaderErrorCode } from "../errors.ts";
import { CHUNK_BYTES, type ByteSource } from "./byte-source.ts";

/** A regular file, read into two buffers in turn: while one is worked on the other one is filled. */
export async function openFile(path: string): Promise<ByteSource> {
  const handle = await openRegular(path);
  try {
    const { size } = await handle.stat();
    return fileSource(path, handle, size);
  } catch (error) {
    await handle.close();
    throw failed(path, error);
  }
}

/** Without blocking: to open a pipe that nobody writes to would wait for ever. */
async function openRegular(path: string): Promise<FileHandle> {
  const handle = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)).catch((error: unknown) => {
    throw failed(path, error);
  });
  const stats = await handle.stat();
  if (stats.isFile()) return handle;
  await handle.close();
  throw new ReaderError("not_a_file", `${path} is ${stats.isDirectory() ? "a directory" : "not a regular file"}`, START);
}

/** Read at once: a read costs two changes of thread, so fewer are better than the chunks' size would make them. */
const READ_BYTES = 4 * CHUNK_BYTES;

function fileSource(path: string, handle: FileHandle, size: number): ByteSource {
  const bufferBytes = Math.min(READ_BYTES, Math.max(CHUNK_BYTES, size));
  const buffers: [Buffer, Buffer] = [Buffer.allocUnsafeSlow(bufferBytes), Buffer.allocUnsafeSlow(bufferBytes)];
  let position = 0;
  let held: Buffer = Buffer.alloc(0);
  let ahead: Promise<Buffer> | null = null;
  let closing: Promise<void> | null = null;

  async function fill(): Promise<Buffer> {
    const [buffer] = buffers;
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, position);
    position += bytesRead;
    return buffer.subarray(0, bytesRead);
  }

  /** Into the buffer that nobody works on. */
  function readAhead(): Promise<Buffer> {
    buffers.reverse();
    const reading = fill();
    // It may never be asked for; who asks gets the error all the same.
    reading.catch(() => undefined);
    return reading;
  }

  async function refill(): Promise<void> {
    held = await (ahead ?? readAhead());
    ahead = held.length === 0 ? Promise.resolve(held) : readAhead();
  }

  async function passOver(before: Promise<Buffer> | null, count: number): Promise<Buffer> {
    const read = before === null ? Buffer.alloc(0) : await before;
    if (read.length > count) return read.subarray(count);
    position += count - read.length;
    return await readAhead();
  }

  return {
    bytesTotal: size,
    async next() {
      try {
        if (held.length === 0) await refill();
      } catch (error) {
        throw failed(path, error);
      }
      if (held.length === 0) return null;
      const chunk = held.subarray(0, CHUNK_BYTES);
      held = held.subarray(CHUNK_BYTES);
      return chunk;
    },
    skip(count) {
      const here = Math.min(count, held.length);
      held = held.subarray(here);
      if (count === here) return;
      // What was read ahead lies within what is passed over, or begins where it ends.
      ahead = passOver(ahead, count - here);
      ahead.catch(() => undefined);
    },
    close() {
      closing ??= handle.close().catch(() => undefined);
      return closing;
    },
  };
}

const CODES: ReadonlyMap<string, ReaderErrorCode> = new Map([
  ["ENOENT", "not_found"],
  ["ENOTDIR", "not_found"],
  ["ELOOP", "not_found"],
  ["ENAMETOOLONG", "not_found"],
  ["EISDIR", "not_a_file"],
  ["ENXIO", "not_a_file"],
  ["EACCES", "not_readable"],
  ["EPERM", "not_readable"],
]);

function failed(path: string, error: unknown): unknown {
  if (error instanceof ReaderError || !(error instanceof Error) || !("code" in error)) return error;
  return new ReaderError(CODES.get(String(error.code)) ?? "read_failed", `${path} cannot be read: ${error.message}`, START, { cause: error });
}
