import assert from "node:assert/strict";
import { it } from "node:test";
import { openDatabase } from "../src/database/database.ts";
import { readSettings } from "../src/settings.ts";
import { SOURCE_NAMES } from "../src/sources/item.ts";
import { startTestService, startTestSite } from "./workbench.ts";

it("a stop that comes while the job of a run is stored ends that run", async (test) => {
  const site = await startTestSite(test);
  const service = await startTestService(test, { ...site.settings, REQUEST_TIMEOUT_SECONDS: "600", STALL_SECONDS: "600", SCHEDULE: "off" });
  site.order({ path: "/", fault: "hang" });
  const { control } = service.runtime;
  const { enqueue } = control;
  const asked = Promise.withResolvers<void>();
  const stored = Promise.withResolvers<void>();
  test.mock.method(control, "enqueue", async (...job: Parameters<typeof enqueue>) => {
    asked.resolve();
    await stored.promise;
    return await enqueue(...job);
  });
  const triggering = service.conductor.trigger({ trigger: "cli", sources: SOURCE_NAMES, mode: "join" });
  await asked.promise;
  const stopping = service.stop();
  // Reads are answered in their order: the stop has looked for what runs when this one is answered.
  await service.database.read.selectFrom("runs").select("id").execute();
  stored.resolve();
  const { run } = await triggering;
  await stopping;
  const database = await openDatabase(readSettings(service.environment));
  test.after(() => database.close());
  assert.equal((await database.read.selectFrom("runs").select("status").where("id", "=", run.id).executeTakeFirst())?.status, "interrupted");
});
