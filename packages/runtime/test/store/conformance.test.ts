import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { queueConformance } from "../conformance/queue.ts";
import { openAt } from "./open-store.ts";

queueConformance("embedded store", async () => {
  const dataDir = await mkdtemp(join(tmpdir(), "cofferdam-conformance-"));
  const store = await openAt(dataDir);
  return {
    queue: store,
    async close() {
      await store.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
});
