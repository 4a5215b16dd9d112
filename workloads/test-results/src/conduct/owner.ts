import { randomUUID } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** The name of whoever works with this runtime directory, kept in it: after a restart its runs are still its own, and nobody else's on the same database are. */
export async function readOwner(runtimeDirectory: string): Promise<string> {
  const file = join(runtimeDirectory, "owner-id");
  const known = (await readFile(file, "utf8").catch(() => "")).trim();
  if (known !== "") return known;
  const owner = randomUUID();
  await writeFile(file, owner);
  return owner;
}
