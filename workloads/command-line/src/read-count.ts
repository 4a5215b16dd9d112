import { CommandError, EXIT } from "./exit-codes.ts";

/** A whole number of at least 0, as it was written after a flag. @throws CommandError with the code of wrong use */
export function readCount(flag: string, written: string): number {
  const count = Number(written);
  if (written.trim() === "" || !Number.isSafeInteger(count) || count < 0) throw new CommandError(EXIT.usage, `${flag}: ${JSON.stringify(written)} is not a whole number`);
  return count;
}
