import { readXml, ReaderError, type XmlOptions } from "../src/index.ts";

/** Everything a document makes the reader say, as plain lines, and how it ended. */
export async function trace(chunks: Iterable<Uint8Array>, options: XmlOptions = {}): Promise<string[]> {
  const said: string[] = [];
  try {
    const summary = await readXml(
      stream(chunks),
      {
        open: ({ name, attributes, line }) => void said.push(`open ${name} ${JSON.stringify(attributes)} ${line}`),
        text: (text) => void said.push(`text ${JSON.stringify(text)}`),
        close: (name) => void said.push(`close ${name}`),
      },
      options,
    );
    said.push(`end ${JSON.stringify(summary)}`);
  } catch (error) {
    if (!(error instanceof ReaderError)) throw error;
    said.push(`${error.code} ${error.line}:${error.column} byte ${error.byte} ${error.path}`);
  }
  return said;
}

// oxlint-disable-next-line require-yield
export async function* stream(chunks: Iterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) yield chunk;
}

/** Cuts bytes at the given places. */
export function cutAt(bytes: Buffer, places: readonly number[]): Buffer[] {
  const sorted = [...new Set(places.filter((place) => place > 0 && place < bytes.length))].sort((a, b) => a - b);
  return [0, ...sorted].map((from, index) => bytes.subarray(from, sorted[index] ?? bytes.length));
}
