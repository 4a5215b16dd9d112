import { openInput, resolveInputOptions, type ReaderInput } from "../input/index.ts";
import type { XmlHandlers, XmlSummary } from "./handlers.ts";
import { resolveXmlLimits, type XmlOptions } from "./options.ts";

/**
 * Reads one XML document, plain or gzip, in constant memory. A document type declaration is passed over and never fetched; one that declares entities is refused.
 * What is handed over, and what is said to be wrong and where, never depends on how the bytes arrived.
 * @throws ReaderError for a bad document or input; the signal's reason; whatever a given stream or a handler threw.
 * @example
 * let cases = 0;
 * await readXml("report.xml.gz", { open: ({ name }) => { if (name === "testcase") cases += 1; } }, { bytesMax: 2e9, signal });
 */
export async function readXml(input: ReaderInput, handlers: XmlHandlers, options: XmlOptions = {}): Promise<XmlSummary> {
  const limits = resolveXmlLimits(options);
  // Loaded when the first document is read: who reads only JSON need not wait for it.
  const { Reading } = await import("./reading.ts");
  const reading = new Reading(handlers, limits);
  const source = resolveInputOptions(options, { place: (byte) => reading.place(byte) });
  for await (const chunk of openInput(input, source)) {
    reading.take(chunk);
    await handlers.drain?.({ bytes: reading.bytes });
    source.signal?.throwIfAborted();
  }
  const summary = reading.finish();
  await handlers.drain?.({ bytes: reading.bytes });
  return summary;
}
