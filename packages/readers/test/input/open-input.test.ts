import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, Readable } from "node:stream";
import { after, before, describe, it } from "node:test";
import { pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";
import { openInput, resolveInputOptions, type InputOptions, type InputProgress, type ReaderInput } from "../../src/input/index.ts";
import { ReaderError } from "../../src/index.ts";

let folder = "";
before(() => void (folder = mkdtempSync(join(tmpdir(), "cofferdam-input-"))));
after(() => rmSync(folder, { recursive: true, force: true }));

function file(name: string, bytes: Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

async function readAll(input: ReaderInput, options: InputOptions = {}, startByte = 0): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of openInput(input, resolveInputOptions(options, { startByte }))) {
    assert.ok(chunk.length > 0 && chunk.length <= 65_536);
    // The memory is used again: keep a copy.
    chunks.push(Buffer.from(chunk));
  }
  return Buffer.concat(chunks);
}

async function errorOf(input: ReaderInput, options: InputOptions = {}): Promise<ReaderError> {
  const error = await readAll(input, options).then(
    () => assert.fail("it was read"),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof ReaderError, String(error));
  return error;
}

async function* pieces(bytes: Buffer, length: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length);
}

/** Descriptors of this process that are open on files of the test's folder. */
function openDescriptors(): string[] {
  return readdirSync("/proc/self/fd").flatMap((fd) => {
    try {
      const target = readlinkSync(join("/proc/self/fd", fd));
      return target.startsWith(folder) ? [target] : [];
    } catch {
      return [];
    }
  });
}

const TEXT = Buffer.from(Array.from({ length: 40_000 }, (_unused, index) => `line ${index} é\n`).join(""));

describe("openInput", () => {
  it("gives the same bytes from a path, a URL, memory and any stream, plain or packed", async () => {
    const packed = Buffer.concat([gzipSync(TEXT.subarray(0, 100_000)), gzipSync(TEXT.subarray(100_000)), Buffer.alloc(1000)]);
    const plainPath = file("plain", TEXT);
    const packedPath = file("packed", packed);
    const inputs: ReaderInput[] = [
      plainPath,
      pathToFileURL(plainPath),
      TEXT,
      new Uint8Array(TEXT),
      Readable.from(pieces(TEXT, 70_001)),
      new Blob([TEXT]).stream(),
      pieces(TEXT, 999),
    ];
    const packedInputs: ReaderInput[] = [packedPath, packed, pieces(packed, 1001)];
    for (const input of [...inputs, ...packedInputs]) assert.ok((await readAll(input)).equals(TEXT));
    const small = Buffer.concat([gzipSync("small"), gzipSync("é"), Buffer.alloc(3)]);
    assert.equal((await readAll(pieces(small, 1))).toString(), "smallé");
    assert.ok((await readAll(packed, { gzip: "never" })).equals(packed));
    assert.ok((await readAll(Buffer.from([0x1f]))).equals(Buffer.from([0x1f])));
    assert.equal((await readAll(Buffer.alloc(0))).length, 0);
  });

  it("begins at any byte, in files, memory, streams and packed ones", async () => {
    const path = file("begin", TEXT);
    const packed = gzipSync(TEXT);
    for (const start of [1, 65_535, 65_536, 65_537, 131_072, 200_001, TEXT.length - 1, TEXT.length, TEXT.length + 70_000]) {
      for (const input of [path, TEXT, pieces(TEXT, 5000), packed]) assert.ok((await readAll(input, {}, start)).equals(TEXT.subarray(start)), `from ${start}`);
    }
  });

  it("names what is wrong with a path", async () => {
    const errors = await Promise.all([
      errorOf(join(folder, "nowhere")),
      errorOf(folder),
      errorOf(join(file("f", TEXT), "below")),
      errorOf("/dev/null"),
      errorOf("/proc/self/mem", {}),
    ]);
    assert.deepEqual(
      errors.map(({ code, permanent }) => `${code} ${permanent}`),
      ["not_found true", "not_a_file true", "not_found true", "not_a_file true", "read_failed false"],
    );
    assert.ok(errors.every(({ hint }) => hint.length > 5));
    await assert.rejects(readAll(new URL("http://127.0.0.1/x")), TypeError);
    await assert.rejects(readAll(Readable.from(["text"])), TypeError);
  });

  it("names what is wrong with packed bytes", async () => {
    const packed = gzipSync(TEXT.subarray(0, 3000));
    const damaged = Buffer.from(packed);
    damaged.fill(0x55, 200, 300);
    const cases: [Buffer, string][] = [
      [packed.subarray(0, packed.length - 1), "gzip_truncated"],
      [packed.subarray(0, 3), "gzip_truncated"],
      [Buffer.concat([packed, packed.subarray(0, 5)]), "gzip_truncated"],
      [damaged, "gzip_damaged"],
      [Buffer.concat([packed, Buffer.from("tail")]), "gzip_damaged"],
      [Buffer.concat([packed, Buffer.alloc(10), Buffer.from("tail")]), "gzip_damaged"],
    ];
    for (const [bytes, code] of cases) {
      assert.equal((await errorOf(bytes)).code, code);
      assert.equal((await errorOf(pieces(bytes, 1))).code, code);
      assert.equal((await errorOf(file("bad.gz", bytes))).code, code);
    }
    assert.equal((await errorOf(Buffer.from("plain text"), { gzip: "always" })).code, "gzip_damaged");
    assert.deepEqual(openDescriptors(), []);
  });

  it("ends a bomb after a bounded number of bytes", async () => {
    const bomb = gzipSync(Buffer.alloc(30_000_000), { level: 9 });
    let last: InputProgress | null = null;
    const error = await errorOf(bomb, { onProgress: (progress) => void (last = progress) });
    assert.deepEqual([error.code, error.permanent], ["gzip_bomb", true]);
    assert.ok(last !== null && error.byte < 20_000_000);
    assert.equal((await errorOf(bomb, { bytesMax: 1_000_000 })).code, "too_large");
    assert.equal((await readAll(bomb, { gzipRatioMax: 2000 })).length, 30_000_000);
  });

  it("hands over exactly the bytes allowed, and nothing of a file known to be larger", async () => {
    let given = 0;
    const count = async (input: ReaderInput): Promise<void> => {
      given = 0;
      for await (const chunk of openInput(input, resolveInputOptions({ bytesMax: 1000 }))) given += chunk.length;
    };
    await assert.rejects(count(pieces(TEXT, 300)), (error) => error instanceof ReaderError && error.code === "too_large" && error.byte === 1000);
    assert.equal(given, 1000);
    await assert.rejects(count(file("large", TEXT)), { code: "too_large" });
    assert.equal(given, 0);
    await count(TEXT.subarray(0, 1000));
    assert.equal(given, 1000);
  });

  it("reports progress against the size of the source", async () => {
    const seen: InputProgress[] = [];
    const packed = gzipSync(TEXT);
    await readAll(file("progress.gz", packed), { onProgress: (progress) => void seen.push(progress) });
    assert.deepEqual(seen.at(-1), { bytesRead: packed.length, bytesTotal: packed.length, documentBytes: TEXT.length });
    assert.ok(seen.length > 5);
  });

  it("closes the file whenever the loop is left: at the end, by an error, by break, by abort", async () => {
    const path = file("closed", TEXT);
    const packedPath = file("closed.gz", gzipSync(TEXT));
    for (const input of [path, packedPath]) {
      for await (const chunk of openInput(input, resolveInputOptions({}))) {
        assert.ok(chunk.length > 0);
        assert.equal(openDescriptors().length, 1);
        break;
      }
      assert.deepEqual(openDescriptors(), []);
      const controller = new AbortController();
      const reading = readAll(input, { signal: controller.signal, onProgress: () => controller.abort("enough") });
      await assert.rejects(reading, (reason) => reason === "enough");
      assert.deepEqual(openDescriptors(), []);
    }
  });

  it("stops waiting for a silent stream when it is aborted, and ends the stream", async () => {
    for (const start of [Buffer.from("abc"), gzipSync(TEXT).subarray(0, 100)]) {
      const silent = new PassThrough();
      const controller = new AbortController();
      const reason = new Error("enough");
      const reading = readAll(silent, { signal: controller.signal });
      silent.write(start, () => setImmediate(() => controller.abort(reason)));
      await assert.rejects(reading, (error) => error === reason);
      if (!silent.closed) await once(silent, "close");
      assert.ok(silent.destroyed);
    }
  });

  it("lets a stream's own error through", async () => {
    const mine = new Error("mine");
    const source = (first: Buffer): Readable =>
      Readable.from(
        (async function* broken() {
          yield first;
          throw mine;
        })(),
      );
    await assert.rejects(readAll(source(TEXT)), (error) => error === mine);
    await assert.rejects(readAll(source(gzipSync(TEXT).subarray(0, 100))), (error) => error === mine);
  });

  it("reads no further than the loop asks", async () => {
    let pulled = 0;
    const source = (async function* counted() {
      for (;;) {
        pulled += 1;
        yield Buffer.alloc(1000);
      }
    })();
    let seen = 0;
    for await (const chunk of openInput(source, resolveInputOptions({}))) {
      seen += chunk.length > 0 ? 1 : 0;
      assert.ok(pulled <= seen + 1);
      if (seen === 5) break;
    }
    assert.equal(seen, 5);
  });
});
