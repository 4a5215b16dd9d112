import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { driveProgram, makeDirectory, serveOnLoopback } from "workload-command-line/testing";
import { QUICK } from "./scene.ts";

const { run, serve } = driveProgram(join(import.meta.dirname, "..", "src", "cli.ts"), (directory) => ({ ...QUICK, DB_PATH: join(directory, "scores.db") }));

describe("the command line", () => {
  it("decodes bodies, alone or recorded, one object a line", async (test) => {
    const directory = await makeDirectory(test);
    const [sv3, names, broken] = ["sv3.jsonl", "names.json", "broken.jsonl"].map((name) => join(directory, name)) as [string, string, string];
    await writeFile(sv3, '{"ts":"1","url":"/x","body":{"B":"w","a":"AA.ZZ"}}\n{"B":"o"}\n');
    await writeFile(names, '{"t_AA_name":"Ayland"}');
    await writeFile(broken, '{"B":"o"}\n{"B":\n');
    const done = await run(directory, ["decode", "--sv3", sv3, "--names", names]);
    const lines = done.out
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    assert.deepEqual(
      [done.code, lines.length, lines[0]?.["teams"], lines[0]?.["missing_codes"]],
      [
        0,
        2,
        [
          { code: "AA", name: "Ayland" },
          { code: "ZZ", name: "ZZ" },
        ],
        ["t_ZZ"],
      ],
    );
    const keys = ["current_ball", "favourite", "odds", "sessions", "teams", "innings", "batsmen", "bowler", "missing_codes"];
    assert.deepEqual(Object.keys(lines[1] ?? {}), keys);
    const partial = await run(directory, ["decode", "--sv3", broken]);
    assert.deepEqual([partial.code, partial.out.trim().split("\n").length], [5, 1]);
    assert.equal((await run(directory, ["decode", "--sv3", join(directory, "nothing")])).code, 2);
  });

  it("replays recorded cycles", async (test) => {
    const directory = await makeDirectory(test);
    const file = join(directory, "timeline.jsonl");
    const url = "/scoreboard/A/B/1-Match/C/D/one-vs-two/live";
    await writeFile(
      file,
      [
        { ts: "1", urls: [url] },
        { ts: "2", error: "timeout" },
        { ts: "3", urls: [] },
        { ts: "4", urls: [] },
        { ts: "5", urls: [url] },
      ]
        .map((each) => JSON.stringify(each))
        .join("\n"),
    );
    const { code, out } = await run(directory, ["replay", "--timeline", file]);
    const events = [
      ["1", "added"],
      ["4", "deleted"],
      ["5", "revived"],
    ].map(([ts, event]) => JSON.stringify({ ts, event, url }));
    assert.deepEqual([code, out], [0, `${events.join("\n")}\n`]);
  });

  it("refuses what it cannot use, and leaves nothing open", async (test) => {
    const directory = await makeDirectory(test);
    const taken = await serveOnLoopback(test, () => undefined);
    const ends = await Promise.all([
      run(directory, ["serve"], { FETCH_MODE: "pigeon" }),
      run(directory, ["serve"], { PROMETHEUS_PORT: String(taken) }),
      run(directory, ["status"], { PORT: "1" }),
      run(directory, ["sail"]),
      run(directory, ["stand-in", "--port", "many"]),
    ]);
    assert.deepEqual(
      ends.map(({ code }) => code),
      [3, 1, 4, 2, 2],
    );
    assert.match(ends[1]?.err ?? "", /EADDRINUSE/);
  });

  it("serves recorded files as a site", async (test) => {
    const directory = await makeDirectory(test);
    const [timeline, sv3] = [join(directory, "timeline.jsonl"), join(directory, "sv3.jsonl")];
    const url = "/scoreboard/A/B/1-Match/C/D/one-vs-two/live";
    await writeFile(timeline, `${JSON.stringify({ ts: "1", urls: [url] })}\n${JSON.stringify({ ts: "2", error: "timeout" })}\n${JSON.stringify({ ts: "3", urls: [] })}\n`);
    await writeFile(sv3, '{"B":"1"}\n{"body":{"B":"2"}}\n');
    const standIn = await serve(test, directory, ["stand-in", "--port", "0", "--timeline", timeline, "--sv3", sv3]);
    assert.equal(standIn.ready["ready"], true);
    const ask = async (path: string) => await fetch(`${standIn.ready.url}${path}`);
    const lists = [await ask("/live-matches"), await ask("/live-matches"), await ask("/live-matches")];
    assert.deepEqual(
      lists.map(({ status }) => status),
      [200, 503, 200],
    );
    assert.ok((await lists[0]?.text())?.includes(url));
    const bodies = [await ask("/v10/sV3.php?key=A"), await ask("/v10/sV3.php?key=A"), await ask("/v10/sV3.php?key=A")];
    assert.deepEqual(await Promise.all(bodies.map(async (body) => await body.json())), [{ B: "1" }, { B: "2" }, { B: "2" }]);
    const log = (await (await ask("/__log")).json()) as { readonly paths: Readonly<Record<string, number>> };
    assert.deepEqual([log.paths["/live-matches"], log.paths["/v10/sV3.php"]], [3, 3]);
    assert.equal(await standIn.end("SIGTERM"), 0);
  });
});
