// cofferdam top: a frame in words, frames into a pipe, and a screen that is given back.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { top } from "../../src/cli/commands/top.ts";
import { buildProgram } from "../../src/cli/program.ts";
import type { Screen } from "../../src/cli/terminal.ts";
import { formatFrame, type ActivityFrame } from "../../src/cli/top-frame.ts";
import { startHarness, type Harness } from "../runtime/set-up.ts";
import { runCli } from "../spawn-cli.ts";
import { testTerminal } from "./test-terminal.ts";

const MIB = 1024 ** 2;

function frameAt(at: string, cpuSeconds: number): ActivityFrame {
  const attempt = { id: "a_1", job_id: "j_1", type: "report.import", lane: "default", since: "2026-05-01T11:59:00.000Z", stage: "parse" };
  return {
    kind: "activity",
    at,
    workers: [
      {
        worker: {
          id: "w_1",
          pid: 42,
          state: "busy",
          started_at: "2026-05-01T11:00:00.000Z",
          attempts_done: 3,
          attempt,
          handed_ahead: 0,
          memory_bytes: 100 * MIB,
          memory_limit_bytes: 512 * MIB,
          kept: [],
          tasks: 12,
          tier: "cgroup",
        },
        cpu_seconds: cpuSeconds,
        progress: { done: 3, total: 9, note: "pages\u001b[2J", at: "2026-05-01T11:59:30.000Z" },
      },
    ],
    memory: { capacity_bytes: 4096 * MIB, reserved_bytes: 512 * MIB, used_bytes: 100 * MIB, available_bytes: 2048 * MIB, pressure: "none" },
  };
}

it("a frame says what every worker does; the share of a CPU comes from the frame before", () => {
  const first = frameAt("2026-05-01T12:00:00.000Z", 10);
  const text = formatFrame(frameAt("2026-05-01T12:00:02.000Z", 11), first);
  assert.match(text, /1 worker, 1 busy/);
  assert.match(text, /used 100 MiB, reserved 512 MiB of 4 GiB, available 2 GiB, pressure none/);
  assert.match(text, /^42 +busy +100 MiB of 512 MiB +12 +50 % +report\.import +default +3 of 9 pages.* · parse +1 min 2 s +11\.0 s +j_1$/m);
  assert.ok(!text.includes("\u001b"), "what jobs say cannot move the cursor");
  assert.match(formatFrame(first, null), /^42 +busy +100 MiB of 512 MiB +12 +- +report\.import/m);
});

describe("top of a running runtime", () => {
  let harness: Harness;
  let url = "";
  let job = "";

  before(async () => {
    harness = await startHarness({ http: { port: 0 } });
    url = harness.runtime.url ?? "";
    job = await harness.add("journal.speaks");
    await harness.event((event) => event.kind === "attempt.progress" && event.jobId === job);
  });
  after(async () => {
    await harness.runtime.control.cancel(job, { mode: "kill", by: "test", reason: "seen" });
    await harness[Symbol.asyncDispose]();
  });

  it("prints one frame and ends, in words or as JSON", async () => {
    const { code, out } = await runCli(["top", "--once", "--url", url], { directory: harness.directory });
    assert.equal(code, 0);
    assert.match(out, new RegExp(`journal\\.speaks .*${job}$`, "m"));
    const asJson = await runCli(["top", "--once", "--json", "--url", url], { directory: harness.directory });
    const { activity } = JSON.parse(asJson.out) as { activity: ActivityFrame };
    const active = activity.workers.find(({ worker }) => worker.attempt?.job_id === job);
    assert.ok(active !== undefined && active.progress !== null && active.cpu_seconds !== null && active.worker.tasks > 0, asJson.out);
    const sizes = activity.workers.map(({ worker }) => worker.memory_bytes);
    assert.deepEqual(
      sizes,
      sizes.toSorted((a, b) => b - a),
      "the largest tree comes first",
    );
  });

  it("measures every tree, also of workers that nobody has given anything to, in ps and top alike; used is the sum of the rows", async () => {
    const listed = await runCli(["ps", "--json", "--url", url], { directory: harness.directory });
    const { items } = JSON.parse(listed.out) as { items: readonly ActivityFrame["workers"][number]["worker"][] };
    const unused = items.filter(({ attempts_done: done, attempt }) => done === 0 && attempt === null);
    assert.ok(unused.length > 0, "workers were started ahead of need");
    for (const worker of items.filter(({ state }) => state !== "retiring")) assert.ok(worker.memory_bytes > 0 && worker.tasks > 0, JSON.stringify(worker));
    const shown = await runCli(["top", "--once", "--json", "--url", url], { directory: harness.directory });
    const { activity } = JSON.parse(shown.out) as { activity: ActivityFrame };
    assert.equal(
      activity.workers.reduce((sum, { worker }) => sum + worker.memory_bytes, 0),
      activity.memory.used_bytes,
    );
    assert.ok(harness.runtime.control.ledger().usedBytes > 0);
  });

  it("draws frame after frame from the stream until q, and gives the screen back", async () => {
    const drawn: (readonly string[])[] = [];
    let isClosed = false;
    let press: (key: string) => void = () => undefined;
    const screen: Screen = {
      columns: 100,
      rows: 30,
      draw(lines) {
        drawn.push(lines);
        if (drawn.length === 3) press("q");
      },
      onKey: (listener) => void (press = listener),
      close: () => void (isClosed = true),
    };
    const { terminal } = testTerminal();
    assert.equal(await top({ terminal: { ...terminal, screen: () => screen }, program: buildProgram(terminal, () => undefined) }, { url }), 0);
    assert.deepEqual([drawn.length, isClosed], [3, true]);
    assert.ok(drawn.every((lines) => lines.some((line) => line.includes(job))));
    assert.ok(
      drawn[2]?.some((line) => / \d+ % /.test(line)),
      "from the second frame on there is a share of CPU",
    );
  });
});
