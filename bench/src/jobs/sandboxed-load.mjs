// The same two loads for BullMQ's child processes.
export default async ({ name, data }) => {
  const startMs = performance.now();
  if (name === "spins") {
    let turns = 0;
    while (performance.now() - startMs < data.forMs) turns += 1;
    return turns;
  }
  const chunk = Buffer.alloc(64 * 1024, "drip drip drip drip drip drip\n");
  let written = 0;
  for (let elapsedMs = 0; elapsedMs < data.forMs; elapsedMs = performance.now() - startMs) {
    while (written < (data.bytesPerSecond * elapsedMs) / 1000) {
      // Its standard output is a pipe to the main process: wait for it, as Node asks.
      if (!process.stdout.write(chunk)) await new Promise((resolve) => process.stdout.once("drain", resolve));
      written += chunk.length;
      if (performance.now() - startMs > data.forMs) break;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return Math.round((written * 1000) / (performance.now() - startMs));
};
