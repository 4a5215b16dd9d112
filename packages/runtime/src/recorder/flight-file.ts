import { appendFile, rename } from "node:fs/promises";

/** Larger files are set aside once; what was set aside before is gone. So a worker never has more than twice this. */
export const FILE_BYTES_MAX = 256 * 1024;

/** What the file before is called. */
export const OLDER = ".1";

/** An append-only file that never holds up its writer: lines gather while a write is under way. What was written is the kernel's, and survives our own death. */
export interface FlightFile {
  /** Resolves when everything appended so far was handed to the kernel, or could not be; the same promise for all lines of one writing. */
  append(line: string): Promise<void>;
}

/** `onFailure` hears of a disk that refuses; the lines are then dropped: evidence must not cost the job anything. */
export function createFlightFile(path: string, onFailure: (error: unknown) => void): FlightFile {
  let gathered = "";
  let size = 0;
  let writing: Promise<void> | null = null;

  async function writeAll(): Promise<void> {
    while (gathered !== "") {
      const text = gathered;
      gathered = "";
      try {
        if (size > FILE_BYTES_MAX) {
          await rename(path, path + OLDER);
          size = 0;
        }
        await appendFile(path, text, { mode: 0o600 });
        size += text.length;
      } catch (error) {
        onFailure(error);
      }
    }
    writing = null;
  }

  return {
    append(line) {
      gathered += line;
      return (writing ??= writeAll());
    },
  };
}
