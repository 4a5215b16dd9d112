import { open, rename, rm } from "node:fs/promises";

let written = 0;

/** Replaces a file by one that is complete and on disk, or leaves it as it is. */
export async function writeWhole(path: string, text: string): Promise<void> {
  const fresh = `${path}.${process.pid}-${written++}.new`;
  try {
    const file = await open(fresh, "w");
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(fresh, path);
  } catch (error) {
    await rm(fresh, { force: true });
    throw error;
  }
}
