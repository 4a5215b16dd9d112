import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { encodeFrame, FrameReader, HEADER_BYTES_MAX, ledgerLine, parseLedger, PAYLOAD_BYTES_MAX, type RawFrame } from "../../src/wire/index.ts";

const frames = fc.array(fc.record({ header: fc.dictionary(fc.string(), fc.oneof(fc.string(), fc.integer(), fc.boolean())), payload: fc.uint8Array({ maxLength: 300 }) }), {
  maxLength: 8,
});

/** Cuts the bytes at the given places, empty pieces included. */
function cut(bytes: Buffer, places: readonly number[]): readonly Buffer[] {
  const cuts = [0, ...places.map((place) => place % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
  return cuts.slice(1).map((end, index) => bytes.subarray(cuts[index], end));
}

function prefix(headerBytes: number, payloadBytes: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt32LE(headerBytes, 0);
  bytes.writeUInt32LE(payloadBytes, 4);
  return bytes;
}

describe("frames", () => {
  it("come out as they went in, however the stream was cut", () => {
    fc.assert(
      fc.property(frames, fc.array(fc.nat(5000), { maxLength: 30 }), (sent, places) => {
        const reader = new FrameReader();
        const got: RawFrame[] = [];
        for (const piece of cut(Buffer.concat(sent.map(({ header, payload }) => encodeFrame(header, payload))), places)) got.push(...reader.push(piece));
        assert.deepEqual(
          got.map(({ header, payload }) => [header, [...payload]]),
          sent.map(({ header, payload }) => [{ ...header }, [...payload]]),
        );
      }),
    );
  });

  it("one byte at a time, with text as payload", () => {
    const reader = new FrameReader();
    const got = [...encodeFrame({ kind: "ä€𝄞" }, "pâté 𝄞")].flatMap((byte) => reader.push(Buffer.from([byte])));
    assert.deepEqual(
      got.map(({ header, payload }) => [header, payload.toString("utf8")]),
      [[{ kind: "ä€𝄞" }, "pâté 𝄞"]],
    );
  });

  it("are refused before anything is kept when they claim to be too large", () => {
    assert.throws(() => new FrameReader().push(prefix(HEADER_BYTES_MAX + 1, 0)), /frame too large/);
    assert.throws(() => new FrameReader().push(prefix(2, PAYLOAD_BYTES_MAX + 1)), /frame too large/);
    assert.throws(() => new FrameReader().push(Buffer.from("this is no frame at all")), /frame too large/);
  });

  it("are refused when the header is not JSON", () => {
    assert.throws(() => new FrameReader().push(Buffer.concat([prefix(3, 0), Buffer.from("{no")])), SyntaxError);
  });
});

describe("the ledger", () => {
  it("is one line of fixed length that is read back", () => {
    const id = `a_${"0f".repeat(16)}`;
    const line = ledgerLine(id, 1_750_000_000_123, 987_654_321);
    assert.equal(line.length, ledgerLine(`a_${"0".repeat(32)}`, 0, 0).length);
    assert.deepEqual(parseLedger(line), { attemptId: id, startedAtMs: 1_750_000_000_123, logFrom: 987_654_321 });
  });

  it("is empty, or torn, or somebody else's: nobody was running", () => {
    for (const text of ["", " ".repeat(80), "a_12 3 4", ledgerLine("j_x", 1, 2), `${ledgerLine(`a_${"0f".repeat(16)}`, 1, 2)}x`]) assert.equal(parseLedger(text), null);
  });
});
