import type { ByteSource } from "./byte-source.ts";
import { fileURLToPath } from "node:url";
import { openFile } from "./file-source.ts";
import { memorySource } from "./memory-source.ts";
import type { ReaderInput } from "./options.ts";
import { streamSource } from "./stream-source.ts";

/** @throws ReaderError `not_found`, `not_a_file`, `not_readable`, `read_failed`; TypeError for what is no input. */
export async function openSource(input: ReaderInput): Promise<ByteSource> {
  if (typeof input === "string") return await openFile(input);
  if (input instanceof URL) {
    if (input.protocol !== "file:") throw new TypeError(`${input.protocol} addresses are not fetched here: give the body of the response as a stream`);
    return await openFile(fileURLToPath(input));
  }
  if (input instanceof Uint8Array) return memorySource(input);
  if (typeof input === "object" && input !== null && Symbol.asyncIterator in input) return streamSource(input);
  throw new TypeError("the input is no path, URL, Uint8Array or stream of bytes");
}
