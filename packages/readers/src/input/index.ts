// input: bytes of a document, wherever they come from: a path, a stream, memory; plain or gzip.
// Owns: descriptors, read buffers, unpacking, limits on bytes, progress, abort. Never: what the bytes mean.
// In: a ReaderInput and its options. Out: chunks of bounded size, each valid until the next is asked for; one ReaderError when there is no more to be had.
export { openInput } from "./open-input.ts";
export { atLeastOne, resolveInputOptions, type InputOptions, type InputProgress, type ReaderInput, type ResolvedInputOptions } from "./options.ts";
