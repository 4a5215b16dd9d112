import assert from "node:assert/strict";
import { mkdtemp, readdir, readlink, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { pathToFileURL } from "node:url";
import { readXml, type XmlPlace } from "../src/index.ts";
import { cutAt, stream } from "./xml-trace.ts";

const DOCUMENT = '<?xml version="1.0"?>\n<r>\r\n <é/>\r😀 x<!-- \n --><b\n k="1">t</b></r>\n';

async function placesOf(chunks: readonly Uint8Array[]): Promise<string[]> {
  const said: string[] = [];
  const word = (what: string, { line, column, byte, path }: XmlPlace): void => void said.push(`${what} ${line}:${column} byte ${byte} ${path}`);
  await readXml(stream(chunks), {
    open: ({ name, line }, place) => {
      assert.equal(line, place.line);
      word(`open ${name}`, place);
    },
    text: (text, place) => word(`text ${JSON.stringify(text)}`, place),
    close: (name, place) => word(`close ${name}`, place),
  });
  return said;
}

const EXPECTED = [
  "open r 2:0 byte 22 /r",
  String.raw`text "\n " 3:1 byte 28 /r`,
  "open é 3:1 byte 28 /r/é",
  "close é 3:1 byte 28 /r/é",
  String.raw`text "\n😀 x" 4:3 byte 40 /r`,
  "open b 5:4 byte 50 /r/b",
  'text "t" 6:8 byte 61 /r/b',
  "close b 6:8 byte 61 /r/b",
  "close r 6:12 byte 65 /r",
];

describe("the places of events", () => {
  it("are lines, columns in characters, bytes and paths", async () => {
    assert.deepEqual(await placesOf([Buffer.from(DOCUMENT)]), EXPECTED);
  });

  it("do not depend on how the bytes came", async () => {
    const bytes = Buffer.from(DOCUMENT);
    for (let at = 1; at < bytes.length; at += 1) assert.deepEqual(await placesOf(cutAt(bytes, [at])), EXPECTED, `cut at ${at}`);
  });

  it("count the bytes of the document as it was written", async () => {
    const said = await placesOf([Buffer.from("\uFEFF<r>é😀<a/></r>", "utf16le")]);
    assert.deepEqual(said.slice(0, 3), ["open r 1:0 byte 2 /r", 'text "é😀" 1:5 byte 14 /r', "open a 1:5 byte 14 /r/a"]);
    const latin = await placesOf([Buffer.from("<?xml version='1.0' encoding='ISO-8859-1'?><r>éé<a/></r>", "latin1")]);
    assert.deepEqual(latin.slice(1, 3), ['text "éé" 1:48 byte 48 /r', "open a 1:48 byte 48 /r/a"]);
  });

  it("stay right on one long line of characters beyond ASCII", async () => {
    const written = `<r>${"<é/>".repeat(30_000)}</r>`;
    const said = await placesOf(cutAt(Buffer.from(written), [70_000, 70_001]));
    assert.equal(said.at(-2), `close é 1:${3 + 29_999 * 4} byte ${3 + 29_999 * 5} /r/é`);
    const wide = await placesOf(cutAt(Buffer.from(`\uFEFF${written}`, "utf16le"), [70_000, 70_001]));
    assert.equal(wide.at(-2), `close é 1:${3 + 29_999 * 4} byte ${2 + (3 + 29_999 * 4) * 2} /r/é`);
  });
});

describe("the source of a document", () => {
  it("can be a path or a URL, and is closed when reading is ended early", async (test) => {
    const directory = await mkdtemp(join(tmpdir(), "readers-xml-"));
    test.after(() => rm(directory, { recursive: true, force: true }));
    const path = join(directory, "r.xml");
    await writeFile(path, `<r>${"<a/>".repeat(100_000)}</r>`);
    const progress: number[] = [];
    const { elements, bytes } = await readXml(path, {}, { onProgress: ({ bytesRead, bytesTotal }) => void progress.push(bytesRead / (bytesTotal ?? 0)) });
    assert.deepEqual([elements, bytes], [100_001, 400_007]);
    assert.equal(progress.at(-1), 1);
    assert.equal((await readXml(pathToFileURL(path), {})).elements, 100_001);
    const controller = new AbortController();
    const reading = readXml(path, { drain: () => controller.abort(new Error("enough")) }, { signal: controller.signal });
    await assert.rejects(reading, /enough/);
    assert.ok(!(await openFiles()).includes(path));
    await assert.rejects(
      readXml(path, {
        open: () => {
          throw new Error("mine");
        },
      }),
      /mine/,
    );
    assert.ok(!(await openFiles()).includes(path));
  });

  it("is not read while drain is awaited", async () => {
    const order: string[] = [];
    async function* source(): AsyncGenerator<Buffer> {
      for (const piece of ["<r>", "<a/>", "</r>"]) {
        order.push("asked");
        yield Buffer.from(piece);
      }
    }
    await readXml(source(), {
      async drain() {
        order.push("drain");
        // Whatever was under way in the background has its turn.
        await new Promise((resolve) => setImmediate(resolve));
        order.push("drained");
      },
    });
    assert.deepEqual(order, ["asked", "drain", "drained", "asked", "drain", "drained", "asked", "drain", "drained", "drain", "drained"]);
  });
});

async function openFiles(): Promise<readonly string[]> {
  const names = await readdir("/proc/self/fd").catch(() => []);
  return await Promise.all(names.map((name) => readlink(`/proc/self/fd/${name}`).catch(() => "")));
}
