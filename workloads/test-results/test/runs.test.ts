import assert from "node:assert/strict";
import { it } from "node:test";
import { setImmediate } from "node:timers/promises";
import { createRunBook } from "../src/conduct/runs.ts";
import type { Database } from "../src/database/database.ts";
import { makeBench } from "./workbench.ts";

it("a run's lines are written one after the other, in the order in which they were said", async (test) => {
  const { database } = await makeBench(test);
  const slow = Promise.withResolvers<void>();
  let begun = 0;
  const counted: Database = {
    ...database,
    async write(work) {
      begun += 1;
      await slow.promise;
      return await database.write(work);
    },
  };
  const runId = await createRunBook(database, "o_1", () => new Date(0)).open("download", {});
  const runs = createRunBook(counted, "o_1", () => new Date(0));
  const said = ["[1/3] one", "[2/3] two", "[3/3] three"];
  const saying = said.map((line) => runs.say(runId, line));
  await setImmediate();
  assert.equal(begun, 1, "on a connection of its own a later line could be the first");
  slow.resolve();
  await Promise.all(saying);
  assert.deepEqual(
    (await runs.messages(runId, 0)).map(({ message }) => message),
    said,
  );
});
