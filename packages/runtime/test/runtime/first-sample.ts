import { readdir, readFile, watch } from "node:fs/promises";
import { join } from "node:path";

/** Resolves with the attempt of the first sample on disk. */
export async function firstSample(flight: string): Promise<string> {
  const stop = new AbortController();
  using _ = { [Symbol.dispose]: () => stop.abort() };
  const changes = watch(flight, { signal: stop.signal });
  for (;;) {
    for (const name of await readdir(flight)) {
      const sample = (await readFile(join(flight, name), "utf8")).split("\n").find((line) => line.includes('"s":[') && line.endsWith("]}"));
      if (sample !== undefined) return (JSON.parse(sample) as { a: string }).a;
    }
    if ((await changes.next()).done === true) throw new Error("nothing was recorded");
  }
}
