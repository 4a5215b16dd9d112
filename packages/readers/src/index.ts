// readers: take a document apart while it arrives, in constant memory, and refuse what is hostile.
// Owns: opening, unpacking, decoding, parsing, limits, places of errors. Never: sockets, what the document means.
// In: a path, a stream or bytes. Out: elements, lines or events for the caller's handlers, one ReaderError when the document is bad.
export type { InputOptions, InputProgress, ReaderInput } from "./input/index.ts";
export { detach } from "./detach.ts";
export { READER_ERROR_CODES, ReaderError, type ReaderErrorCode, type ReaderErrorPlace } from "./errors.ts";
export type { JsonBatch } from "./json/elements.ts";
export { DEFAULT_JSON_LIMITS, type JsonLimits, type JsonOptions } from "./json/options.ts";
export { jsonBatches, readJson, type JsonSummary, type JsonVisitor, type ReadJsonOptions } from "./json/read-json.ts";
export type { BigNumbers, DuplicateKeys, JsonValue } from "./json/value.ts";
export { DEFAULT_XML_LIMITS, type XmlLimits, type XmlOptions } from "./xml/options.ts";
export { readXml } from "./xml/read-xml.ts";
export type { XmlElement, XmlHandlers, XmlSummary } from "./xml/handlers.ts";
export type { XmlPlace } from "./xml/place.ts";
export type { LinesOptions, NdjsonOptions } from "./lines/options.ts";
export { readLines, type LineBatch } from "./lines/read-lines.ts";
export { ndjsonBatches, readNdjson, type NdjsonBatch, type NdjsonSummary, type NdjsonVisitor } from "./lines/read-ndjson.ts";
