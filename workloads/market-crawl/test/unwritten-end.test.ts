import assert from "node:assert/strict";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, before, describe, it } from "node:test";
import { cleanedSuite, cleanUp, driveProgram, makeDirectory, type Serving } from "workload-command-line/testing";
import { startStandIn } from "workload-stand-in";
import { ask, endOf, environmentIn, post } from "./workbench.ts";

const { serve } = driveProgram(join(import.meta.dirname, "..", "src", "cli.ts"), environmentIn);

describe("an end of a run that cannot be written", () => {
  let directory: string;
  let environment: Readonly<Record<string, string>>;
  let database: DatabaseSync;
  let service: Serving;
  const suite = cleanedSuite(after);

  before(async () => {
    const site = await startStandIn({ answer: ({ path }) => (path === "/feed" ? { body: '{"events":[]}' } : { body: "<table></table>" }) }, 0);
    cleanUp(suite, () => site.close());
    directory = await makeDirectory(suite, "market-crawl-test");
    environment = { FLEAMARKET_URL: `${site.url}/listing`, LOPPEMARKEDER_URL: `${site.url}/feed`, GEOAPIFY_API_KEY: "", SCHEDULE: "off" };
    service = await serve(suite, directory, undefined, environment);
    database = new DatabaseSync(environmentIn(directory)["DB_PATH"] ?? "", { timeout: 60_000 });
    cleanUp(suite, () => database.close());
  });

  /** From now on the database refuses to end a run, as one whose disk is full does. */
  const refuse = (): void => database.exec("CREATE TRIGGER no_room BEFORE UPDATE OF finished_at ON runs BEGIN SELECT RAISE(ABORT, 'the disk is full'); END");
  const accept = (): void => database.exec("DROP TRIGGER no_room");

  async function runInto(trouble: RegExp): Promise<string> {
    const { body } = await post(`${service.ready.url}/scraper/trigger`);
    await service.untilNoted(trouble);
    return body.run_id;
  }

  it("is written when it can be, and the next run begins", async () => {
    refuse();
    const runId = await runInto(/could not be written: .*the disk is full/);
    assert.equal((await post(`${service.ready.url}/scraper/trigger`)).body.joined, true);
    accept();
    assert.equal((await endOf(service.ready.url, runId)).status, "success");
    const { body } = await post(`${service.ready.url}/scraper/trigger`);
    assert.equal(body.joined, false);
    assert.equal((await endOf(service.ready.url, body.run_id)).status, "success");
  });

  it("does not keep the service from stopping; the next start says that the run was interrupted", async () => {
    refuse();
    const runId = await runInto(/could not be written.*\n[^]*could not be written/);
    assert.equal(await service.end("SIGTERM"), 0);
    accept();
    service = await serve(suite, directory, undefined, environment);
    assert.equal((await ask(`${service.ready.url}/scraper/runs/${runId}`)).body.status, "interrupted");
  });
});
