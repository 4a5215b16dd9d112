/**
 * Frames on a stream: [u32le header bytes][u32le payload bytes][header: JSON][payload: opaque bytes].
 * The header is small and always parsed; the payload (an input, a result) is never looked into by the host.
 */
const PREFIX_BYTES = 8;
export const HEADER_BYTES_MAX = 1024 * 1024;
export const PAYLOAD_BYTES_MAX = 64 * 1024 * 1024;

export function encodeFrame(header: object, payload: string | Uint8Array = ""): Buffer {
  const head = JSON.stringify(header);
  const headBytes = Buffer.byteLength(head);
  const payloadBytes = typeof payload === "string" ? Buffer.byteLength(payload) : payload.length;
  const frame = Buffer.allocUnsafe(PREFIX_BYTES + headBytes + payloadBytes);
  frame.writeUInt32LE(headBytes, 0);
  frame.writeUInt32LE(payloadBytes, 4);
  frame.write(head, PREFIX_BYTES, "utf8");
  if (typeof payload === "string") frame.write(payload, PREFIX_BYTES + headBytes, "utf8");
  else frame.set(payload, PREFIX_BYTES + headBytes);
  return frame;
}

export interface RawFrame {
  readonly header: unknown;
  readonly payload: Buffer;
}

/** Cuts a byte stream back into frames. Throws when the stream is not made of frames; the other end is then broken. */
export class FrameReader {
  readonly #payloadBytesMax: number;
  #chunks: Buffer[] = [];
  #buffered = 0;
  #needed = PREFIX_BYTES;

  constructor(payloadBytesMax = PAYLOAD_BYTES_MAX) {
    this.#payloadBytesMax = payloadBytesMax;
  }

  push(chunk: Buffer): RawFrame[] {
    this.#chunks.push(chunk);
    this.#buffered += chunk.length;
    if (this.#buffered < this.#needed) return [];
    return this.#cut(this.#chunks.length === 1 ? chunk : Buffer.concat(this.#chunks));
  }

  #cut(buffer: Buffer): RawFrame[] {
    const frames: RawFrame[] = [];
    let offset = 0;
    this.#needed = PREFIX_BYTES;
    while (buffer.length - offset >= PREFIX_BYTES) {
      const headBytes = buffer.readUInt32LE(offset);
      const payloadBytes = buffer.readUInt32LE(offset + 4);
      if (headBytes > HEADER_BYTES_MAX || payloadBytes > this.#payloadBytesMax) throw new Error(`frame too large: header ${headBytes}, payload ${payloadBytes} bytes`);
      const total = PREFIX_BYTES + headBytes + payloadBytes;
      if (buffer.length - offset < total) {
        this.#needed = total;
        break;
      }
      const payloadStart = offset + PREFIX_BYTES + headBytes;
      frames.push({ header: JSON.parse(buffer.toString("utf8", offset + PREFIX_BYTES, payloadStart)), payload: buffer.subarray(payloadStart, payloadStart + payloadBytes) });
      offset += total;
    }
    const rest = buffer.subarray(offset);
    this.#chunks = rest.length === 0 ? [] : [rest];
    this.#buffered = rest.length;
    return frames;
  }
}
