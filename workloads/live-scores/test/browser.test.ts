import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { seqs, startScene, upTo } from "./scene.ts";

describe("browser mode", () => {
  it("reads list, pages and names in a browser, and the JSON with its cookies", async (test) => {
    const scene = await startScene(test, {
      site: { matches: 1 },
      environment: {
        FETCH_MODE: "browser",
        NAMES_URL: "",
        POLLING_INTERVAL_SECONDS: "0.3",
        DISCOVERY_INTERVAL_SECONDS: "30",
      },
    });
    await scene.until("everything has been emitted, and the page has changed by itself", () => {
      const groups = scene.emitted.map(({ group }) => group);
      return (
        ["score", "odds", "batsmen", "result_texts", "scorecard"].every((group) => groups.includes(group as "score")) && groups.filter((group) => group === "overs").length >= 2
      );
    });
    const batsmen = scene.emitted.find(({ group }) => group === "batsmen")?.payload as { readonly batsmen: readonly { readonly name: string }[] };
    assert.equal(batsmen.batsmen[0]?.name, "Player 1 of TM01");
    assert.deepEqual(seqs(scene, "M01"), upTo(scene.emitted.length));
    assert.ok((scene.view("M01")?.pids ?? 0) > 20, "the browser belongs to the poller's tree");
    scene.site.order({ path: "/v10/sV3.php", fault: "403", count: 1 });
    await scene.site.untilVisit(({ fault }) => fault === "403");
    const { total_updates: updates = 0 } = scene.view("M01") ?? {};
    await scene.until("it is served again", () => (scene.view("M01")?.total_updates ?? 0) > updates);
    assert.deepEqual(
      scene.logged.filter(({ details }) => details["error_type"] === "forbidden"),
      [],
    );
    assert.ok(scene.site.log().some(({ path }) => path.endsWith("/scorecard")));
  });
});
