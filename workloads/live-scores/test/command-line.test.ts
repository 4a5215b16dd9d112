import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { describe, it } from "node:test";
import { makeDirectory, QUICK, scopeOf } from "./scene.ts";

const PROGRAM = join(import.meta.dirname, "..", "src", "cli.ts");

async function run(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<{ readonly code: number | null; readonly out: string; readonly said: string }> {
  const child = spawn(process.execPath, [PROGRAM, ...args], { env: { ...process.env, ...environment }, stdio: ["ignore", "pipe", "pipe"] });
  const [out, said] = await Promise.all([child.stdout.toArray(), child.stderr.toArray(), once(child, "close")]);
  return { code: child.exitCode, out: Buffer.concat(out as Buffer[]).toString(), said: Buffer.concat(said as Buffer[]).toString() };
}

describe("the command line", () => {
  it("decodes bodies, alone or recorded, one object a line", async (test) => {
    const directory = await makeDirectory(scopeOf((action) => test.after(action)));
    const [sv3, names, broken] = ["sv3.jsonl", "names.json", "broken.jsonl"].map((name) => join(directory, name)) as [string, string, string];
    await writeFile(sv3, '{"ts":"1","url":"/x","body":{"B":"w","a":"AA.ZZ"}}\n{"B":"o"}\n');
    await writeFile(names, '{"t_AA_name":"Ayland"}');
    await writeFile(broken, '{"B":"o"}\n{"B":\n');
    const done = await run(["decode", "--sv3", sv3, "--names", names]);
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
    const partial = await run(["decode", "--sv3", broken]);
    assert.deepEqual([partial.code, partial.out.trim().split("\n").length], [5, 1]);
    assert.equal((await run(["decode", "--sv3", join(directory, "nothing")])).code, 2);
  });

  it("replays recorded cycles", async (test) => {
    const file = join(await makeDirectory(scopeOf((action) => test.after(action))), "timeline.jsonl");
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
    const { code, out } = await run(["replay", "--timeline", file]);
    const events = [
      ["1", "added"],
      ["4", "deleted"],
      ["5", "revived"],
    ].map(([ts, event]) => JSON.stringify({ ts, event, url }));
    assert.deepEqual([code, out], [0, `${events.join("\n")}\n`]);
  });

  it("refuses what it cannot use, and leaves nothing open", async (test) => {
    const scope = scopeOf((action) => test.after(action));
    const directory = await makeDirectory(scope);
    const taken = createServer().listen(0, "127.0.0.1");
    scope(() => taken.close());
    await once(taken, "listening");
    const address = taken.address();
    const port = typeof address === "object" && address !== null ? String(address.port) : "";
    const ends = await Promise.all([
      run(["serve"], { FETCH_MODE: "pigeon" }),
      run(["serve"], { ...QUICK, DB_PATH: join(directory, "scores.db"), PROMETHEUS_PORT: port }),
      run(["status"], { PORT: "1" }),
      run(["sail"]),
      run(["stand-in", "--port", "many"]),
    ]);
    assert.deepEqual(
      ends.map(({ code }) => code),
      [3, 1, 4, 2, 2],
    );
    assert.match(ends[1]?.said ?? "", /EADDRINUSE/);
  });

  it("serves recorded files as a site", async (test) => {
    const scope = scopeOf((action) => test.after(action));
    const directory = await makeDirectory(scope);
    const [timeline, sv3] = [join(directory, "timeline.jsonl"), join(directory, "sv3.jsonl")];
    const url = "/scoreboard/A/B/1-Match/C/D/one-vs-two/live";
    await writeFile(timeline, `${JSON.stringify({ ts: "1", urls: [url] })}\n${JSON.stringify({ ts: "2", error: "timeout" })}\n${JSON.stringify({ ts: "3", urls: [] })}\n`);
    await writeFile(sv3, '{"B":"1"}\n{"body":{"B":"2"}}\n');
    const child = spawn(process.execPath, [PROGRAM, "stand-in", "--port", "0", "--timeline", timeline, "--sv3", sv3], { stdio: ["ignore", "pipe", "inherit"] });
    scope(() => child.kill("SIGKILL"));
    const [line] = (await once(createInterface({ input: child.stdout }), "line")) as [string];
    const { ready, url: base } = JSON.parse(line) as { readonly ready: boolean; readonly url: string };
    assert.equal(ready, true);
    const ask = async (path: string) => await fetch(`${base}${path}`);
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
    child.kill("SIGTERM");
    assert.deepEqual((await once(child, "exit"))[0], 0);
  });
});
