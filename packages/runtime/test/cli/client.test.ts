import assert from "node:assert/strict";
import { once } from "node:events";
import { access, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { Socket, type AddressInfo } from "node:net";
import { join } from "node:path";
import { after, before, beforeEach, describe, it, mock } from "node:test";
import { createClient } from "../../src/cli/client.ts";
import { runProgram } from "../../src/cli/run-program.ts";
import { describeOccurrence } from "../../src/incident/index.ts";
import { attemptOf, startTestHost, writeLog, type TestHost } from "../http/host.ts";
import { endOf, runCli, startCli, waitForText } from "../spawn-cli.ts";
import { testTerminal } from "./test-terminal.ts";

let host: TestHost;
before(async () => {
  host = await startTestHost();
});
after(() => host.close());

interface Answer {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** The program in this process, against the real API. */
async function cofferdam(...args: string[]): Promise<Answer> {
  const { terminal, out, err } = testTerminal({ env: { COFFERDAM_URL: host.url }, directory: host.directory });
  const code = await runProgram(args, { ...terminal, nowMs: () => Date.now() });
  return { code, out: out(), err: err() };
}

async function json(...args: string[]): Promise<Record<string, unknown>> {
  const { code, out, err } = await cofferdam(...args, "--json");
  assert.equal(code, 0, err);
  const value: Record<string, unknown> = JSON.parse(out);
  assert.equal(value.schema, 1);
  return value;
}

describe("add", () => {
  it("prints the id and nothing else", async () => {
    const { code, out, err } = await cofferdam("add", "echo", '{"n":12345678901234567890}', "--priority", "-5", "--tag", "a", "--tag", "b", "--delay", "1h");
    assert.deepEqual([code, err], [0, ""]);
    const job = await host.control.job(out.trim());
    assert.deepEqual([job.state, job.priority, job.tags], ["scheduled", -5, ["a", "b"]]);
    assert.equal(await host.control.document(job.id, "input"), '{"n":12345678901234567890}');
  });

  it("reads a file", async () => {
    await writeFile(join(host.directory, "input.json"), '{"from":"file"}');
    const { out } = await cofferdam("add", "echo", "@input.json");
    assert.equal(await host.control.document(out.trim(), "input"), '{"from":"file"}');
  });

  it("reads standard input, as the program that is shipped", async () => {
    const { code, out } = await runCli(["add", "echo", "-", "--url", host.url], { directory: host.directory, stdin: '{"from":"stdin"}' });
    assert.equal(code, 0);
    assert.equal(await host.control.document(out.trim(), "input"), '{"from":"stdin"}');
  });

  it("says when the job was there already", async () => {
    const first = await cofferdam("add", "echo", "--unique", "once");
    const second = await cofferdam("add", "echo", "--unique", "once");
    assert.equal(second.out, first.out);
    assert.match(second.err, /was there already/);
  });

  it("exits 2 for what is refused as it was written", async () => {
    const invalid = await cofferdam("add", "strict", "{}");
    assert.equal(invalid.code, 2);
    assert.match(invalid.err, /error: the input does not match the job type's schema — .*\n {2}at \/input\/path: is required/);
    const unknown = await cofferdam("add", "echoo");
    assert.equal(unknown.code, 2);
    assert.match(unknown.err, /did you mean "echo"/);
    assert.equal((await cofferdam("add", "echo", "--delay", "1h", "--at", "2030-01-01")).code, 2);
    assert.equal((await cofferdam("add", "echo", "--priority", "high")).code, 2);
  });

  it("exits 75 while the runtime shuts down", async () => {
    host.setPhase("draining");
    try {
      assert.equal((await cofferdam("add", "echo")).code, 75);
    } finally {
      host.setPhase("running");
    }
  });
});

describe("jobs", () => {
  it("lists, filters, counts and pages", async () => {
    const ids = [await host.add({ tags: ["listed"] }), await host.add({ tags: ["listed"] })];
    const { code, out } = await cofferdam("jobs", "--tag", "listed");
    assert.equal(code, 0);
    assert.match(out, /^ID +STATE +TYPE +LANE /);
    for (const id of ids) assert.match(out, new RegExp(`^${id} +ready +echo +default +0 `, "m"));
    const page = await cofferdam("jobs", "--tag", "listed", "--limit", "1");
    const cursor = /--cursor (\S+)/.exec(page.err)?.[1] ?? "";
    const rest = await json("jobs", "--tag", "listed", "--cursor", cursor);
    assert.equal(Array.isArray(rest.items) && rest.items.length, 1);
    assert.equal((await cofferdam("jobs", "--tag", "listed", "--count")).out, "2\n");
  });

  it("exits 4 when nothing matches and 2 for what does not exist", async () => {
    assert.deepEqual(await cofferdam("jobs", "--tag", "nothing-has-this"), { code: 4, out: "", err: "no job matches\n" });
    assert.equal((await cofferdam("jobs", "--state", "faild")).code, 2);
    assert.equal((await cofferdam("jobs", "--limit", "0")).code, 2);
  });
});

describe("show, logs and why", () => {
  it("tell everything about a death", async () => {
    const id = await host.add({ priority: 100 });
    const file = await writeLog(host, "before\nhello log\nafter\n");
    await host.settle(await host.claim(), { kind: "quarantine", counts: "death", reason: "it died three times" }, { log: { file, from: 7, to: 17 } });
    const shown = await cofferdam("show", id, "--input");
    assert.equal(shown.code, 0);
    for (const pattern of [
      /^state +quarantined$/m,
      /over-memory \(certain\): Its process tree used 600 MiB/,
      /memory of the tree: 629145600 {2}\[cgroup\]/,
      /left behind: process 4712 sleep 1000/,
      /enforcement +cgroup, memory kernel/,
      /^input {2}null$/m,
    ]) {
      assert.match(shown.out, pattern);
    }
    assert.equal((await cofferdam("logs", id)).out, "hello log\n");
    assert.match((await cofferdam("why", id)).out, /^quarantined: .*it died three times/);
    const { job, attempts } = await json("show", id);
    assert.equal(typeof job === "object" && job !== null && "id" in job && job.id, id);
    assert.equal(Array.isArray(attempts) && attempts.length, 1);
  });

  it("exit 4 for a job that does not exist", async () => {
    for (const command of ["show", "logs", "why", "retry", "cancel"]) assert.equal((await cofferdam(command, `j_${"0".repeat(32)}`)).code, 4, command);
  });

  it("say that a job has not run yet", async () => {
    const id = await host.add({ delay_seconds: 60 });
    const { code, err } = await cofferdam("logs", id);
    assert.equal(code, 4);
    assert.match(err, /has not run yet \(scheduled\)\n {2}next: See `cofferdam why/);
    assert.match((await cofferdam("why", id)).out, /^not-yet-due: .*\(until .*, in /);
  });
});

describe("retry and cancel", () => {
  it("work on one job", async () => {
    const id = await host.add();
    assert.deepEqual(await cofferdam("cancel", id), { code: 0, out: "", err: `cancelled ${id}\n` });
    assert.equal((await cofferdam("retry", await host.add())).code, 1);
    assert.deepEqual(await cofferdam("retry", id), { code: 0, out: "", err: `retried ${id}\n` });
    assert.equal((await host.control.job(id)).state, "ready");
    await cofferdam("cancel", id);
    const again = await json("retry", id, "--input", '{"other":true}');
    assert.equal(typeof again.job === "object" && again.job !== null && "id" in again.job && again.job.id !== id, true);
  });

  it("work on what a filter selects, and only after --yes", async () => {
    const ids = [await host.add({ tags: ["many"] }), await host.add({ tags: ["many"] }), await host.add({ tags: ["others"] })];
    assert.deepEqual(await cofferdam("cancel", "--filter", "tag=many", "--dry-run"), { code: 0, out: "2 jobs would be cancelled\n", err: "" });
    const unsure = await cofferdam("cancel", "--filter", "tag=many");
    assert.deepEqual([unsure.code, unsure.err], [2, "  next: add --yes to do it.\n"]);
    assert.deepEqual(await cofferdam("cancel", "--filter", "tag=many", "--yes"), { code: 0, out: "", err: "cancelled 2 jobs\n" });
    const states = await Promise.all(ids.map(async (id) => (await host.control.job(id)).state));
    assert.deepEqual(states, ["cancelled", "cancelled", "ready"]);
    assert.equal((await cofferdam("retry", "--filter", "tag=none-has-it", "--yes")).code, 4);
  });

  it("refuse what cannot be meant", async () => {
    for (const args of [
      ["retry"],
      ["retry", "j_1", "--filter", "tag=a"],
      ["cancel", "--filter", "tga=a"],
      ["cancel", "--filter", "tag=a", "--kill"],
      ["retry", "--filter", "tag=a", "--input", "{}"],
    ]) {
      assert.equal((await cofferdam(...args)).code, 2, args.join(" "));
    }
  });
});

describe("a runtime that is gone in the middle of an answer", () => {
  it("is not reachable: 69, with what came before", async () => {
    const server = createServer((_, reply) => reply.write("first\n", () => setImmediate(() => reply.destroy())));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    try {
      const followed = await cofferdam("logs", "j_1", "--attempt", "1", "-f", "--url", `http://127.0.0.1:${port}`);
      assert.deepEqual([followed.code, followed.out], [69, "first\n"]);
      assert.match(followed.err, /broke off in the middle of its answer/);
    } finally {
      server.close();
    }
  });
});

describe("a runtime that takes a question and says nothing", () => {
  it("is not reachable for who asks whether it is well", async () => {
    const server = createServer(() => undefined);
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    try {
      const keptAlive = mock.method(Socket.prototype, "setKeepAlive");
      await assert.rejects(createClient(`http://127.0.0.1:${port}`, null).call("/livez", { silenceMs: 20 }), { code: "unreachable", message: /ETIMEDOUT/ });
      assert.deepEqual(keptAlive.mock.calls[0]?.arguments, [true, 30_000], "one whose machine is gone is not waited for either");
    } finally {
      mock.restoreAll();
      server.close();
      server.closeAllConnections();
    }
  });
});

describe("incident", () => {
  it("prints the report as it is structured: what is indented stays indented", async () => {
    await host.add({ priority: 100 });
    const lease = await host.claim();
    const next = { kind: "quarantine", counts: "death", reason: "it died" } as const;
    const ended = attemptOf(lease, next);
    const hypothesis = { cause: "failed", text: "Its input.", confidence: "likely", for: [{ fact: "bytes", value: 9, source: "job" }], against: [] } as const;
    const attempt = { ...ended, verdict: { ...ended.verdict, hypotheses: [hypothesis] } };
    const occurrence = describeOccurrence(attempt, null);
    assert.ok(occurrence !== null);
    await host.store.settle([{ lease, next, attempt, result: null, occurrence }]);
    const shown = await cofferdam("incident", occurrence.incidentId, "--md");
    assert.equal(shown.code, 0, shown.err);
    const report = await (await host.get(`/api/v1/incidents/${occurrence.incidentId}`, { accept: "text/markdown" })).text();
    const indentOf = (text: string) =>
      text
        .trimEnd()
        .split("\n")
        .map((line) => /^ */.exec(line)?.[0].length);
    assert.deepEqual(indentOf(shown.out), indentOf(report));
    assert.match(shown.out, /^ {2}- for: bytes: 9/m);
  });

  it("exits 4 when there is none of this id", async () => {
    assert.equal((await cofferdam("incident", "i_none")).code, 4);
  });
});

describe("quarantine", () => {
  let id = "";
  beforeEach(async () => {
    await cofferdam("cancel", "--filter", "lane=large", "--yes");
    id = await host.add({ type: "big" });
    await host.settle(await host.claim("large"), { kind: "quarantine", counts: "death", reason: "poison" });
  });

  it("lists and shows", async () => {
    assert.match((await cofferdam("quarantine")).out, new RegExp(`^${id} +quarantined`, "m"));
    assert.match((await cofferdam("quarantine", "show", id)).out, /^quarantine +poison$/m);
  });

  it("releases, also to another lane", async () => {
    assert.equal((await cofferdam("quarantine", "release", id, "--lane", "default")).code, 0);
    const job = await host.control.job(id);
    assert.deepEqual([job.state, job.lane], ["ready", "default"]);
    assert.equal((await cofferdam("quarantine", "release", id)).code, 1);
  });

  it("discards", async () => {
    assert.equal((await cofferdam("quarantine", "discard", id)).code, 0);
    assert.equal((await host.control.job(id)).state, "failed");
  });
});

describe("the runtime", () => {
  it("lists lanes, pauses and resumes them, changes their concurrency", async () => {
    assert.match((await cofferdam("lanes")).out, /^LANE +RUNNING +MEMORY +READY +OLDEST +DISPATCH +INTAKE\n(.|\n)*^large +0\/1 /m);
    assert.match((await cofferdam("pause", "large", "--reason", "disk", "--until", "30m")).out, /paused, resumes in .*: disk +open$/m);
    assert.match((await cofferdam("pause", "large", "--intake")).out, /paused.*paused/);
    const refused = await cofferdam("add", "big");
    assert.equal(refused.code, 75);
    await cofferdam("resume", "large");
    assert.match((await cofferdam("resume", "large", "--intake")).out, /^large +0\/1 .* open +open$/m);
    assert.match((await cofferdam("lanes", "large", "--concurrency", "3")).out, /^large +0\/3 /m);
    assert.equal((await cofferdam("lanes", "large", "--concurrency", "-1")).code, 2);
    assert.equal((await cofferdam("pause", "nope")).code, 4);
  });

  it("keeps schedules", async () => {
    const added = await cofferdam("schedules", "add", "nightly", "--type", "echo", "--cron", "0 3 * * *", "--time-zone", "Europe/Vienna", "--input", '{"a":1}');
    assert.equal(added.code, 0, added.err);
    assert.match(added.err, /^added nightly: next 2/);
    assert.match((await cofferdam("schedules")).out, /^nightly +echo +0 3 \* \* \* +Europe\/Vienna +in /m);
    assert.match((await cofferdam("schedules", "run", "nightly")).out, /^j_[0-9a-f]{32}\n$/);
    assert.equal((await cofferdam("schedules", "pause", "nightly")).err, "paused nightly\n");
    assert.match((await cofferdam("schedules", "list")).out, /^nightly .* paused /m);
    assert.equal((await cofferdam("schedules", "resume", "nightly")).code, 0);
    assert.equal((await cofferdam("schedules", "remove", "nightly")).code, 0);
    assert.equal((await cofferdam("schedules", "run", "nightly")).code, 4);
    assert.equal((await cofferdam("schedules", "add", "bad", "--type", "echo", "--cron", "nonsense")).code, 2);
    assert.equal((await cofferdam("schedules", "rnu", "x")).code, 2);
  });

  it("lists types and broken modules", async () => {
    host.broken.push({ moduleUrl: "file:///jobs/bad.ts", message: "no luck", at: "/jobs/bad.ts:3:1", stack: null });
    const { out, err } = await cofferdam("types");
    assert.match(out, /^echo +module +default +512 MiB +256 +15 min /m);
    assert.equal(err, "broken: /jobs/bad.ts:3:1: no luck\n");
    host.broken.length = 0;
  });

  it("lists workers and what they run", async () => {
    assert.equal((await cofferdam("ps")).err, "no worker is running\n");
    host.crew.workers.push({
      id: "w_1",
      pid: 4711,
      state: "busy",
      startedAtMs: Date.now(),
      attemptsDone: 3,
      attempt: { attemptId: "a_1", jobId: "j_1", type: "echo", lane: "default", sinceMs: Date.now() - 5000, stage: "goto" },
      handedAhead: 0,
      memoryBytes: 64 * 1024 ** 2,
      memoryLimitBytes: 512 * 1024 ** 2,
      kept: [{ pid: 99, what: "Chromium b-1", processes: 6, memoryBytes: 5000 }],
      tasks: 14,
      tier: "cgroup",
    });
    assert.match((await cofferdam("ps")).out, /^4711 +busy +64 MiB of 512 MiB +14 +3 +\d s ago +default +echo +goto +Chromium b-1 \(6\) +j_1$/m);
    host.crew.workers.length = 0;
  });

  it("tells its health", async () => {
    const { code, out } = await cofferdam("health");
    assert.equal(code, 0);
    assert.match(out, /^pass\nCofferdam is running\nenforcement: scan, memory polled, pids polled\n/);
    assert.equal((await cofferdam("health", "--live")).code, 0);
    assert.equal((await cofferdam("health", "--ready")).code, 0);
    host.setPhase("draining");
    assert.equal((await cofferdam("health", "--ready")).code, 1);
    assert.equal((await cofferdam("health", "--live")).code, 0);
    host.setPhase("running");
  });

  it("writes a backup and refuses to overwrite it", async () => {
    assert.match((await cofferdam("backup", "copy.db")).err, /^wrote .*copy\.db: /);
    await access(join(host.directory, "copy.db"));
    assert.equal((await cofferdam("backup", "copy.db")).code, 2);
  });

  it("prints events as they happen", async () => {
    const child = startCli(["events", "--json", "--url", host.url], { directory: host.directory });
    const ended = endOf(child);
    const seen = waitForText(child.stdout, /job\.enqueued/);
    // The stream begins with what happens after it was opened: add until the first event has come through.
    const adding = setInterval(() => void host.add(), 50);
    const line = (await seen).split("\n")[0] ?? "";
    clearInterval(adding);
    const { schema, event } = JSON.parse(line);
    assert.deepEqual([schema, event.kind], [1, "job.enqueued"]);
    child.kill("SIGTERM");
    assert.equal((await ended).signal, "SIGTERM");
  });
});

describe("tokens", () => {
  it("are sent from the environment; the wrong one or none exits 77", async () => {
    const closed = await startTestHost({ options: { tokens: [{ token: "a-token-of-an-operator", role: "operate" }] } });
    try {
      const ask = async (token: string | undefined, ...args: string[]) => {
        const { terminal, err } = testTerminal({ env: { COFFERDAM_URL: closed.url, COFFERDAM_TOKEN: token }, directory: closed.directory });
        return { code: await runProgram(args, terminal), err: err() };
      };
      assert.equal((await ask(undefined, "add", "echo")).code, 77);
      assert.equal((await ask("a-token-that-is-wrong", "add", "echo")).code, 77);
      assert.equal((await ask("a-token-of-an-operator", "add", "echo")).code, 0);
      const denied = await ask("a-token-of-an-operator", "backup", "x.db");
      assert.equal(denied.code, 77);
      assert.match(denied.err, /role admin/);
      assert.equal((await ask(undefined, "health", "--ready")).code, 0);
    } finally {
      await closed.close();
    }
  });
});

describe("a token in the config file", () => {
  it("is sent to the runtime of the same data directory, and to no address that somebody typed", async () => {
    const closed = await startTestHost({ options: { tokens: [{ token: "a-token-in-the-file", role: "operate" }] } });
    try {
      const file = join(closed.directory, "cofferdam.config.json");
      await writeFile(file, JSON.stringify({ dataDir: ".", http: { tokens: [{ token: "a-token-in-the-file", role: "operate" }] } }));
      await writeFile(join(closed.directory, "server.json"), JSON.stringify({ url: closed.url, pid: process.pid }));
      const { terminal } = testTerminal({ directory: closed.directory });
      assert.equal(await runProgram(["lanes"], terminal), 0);
      assert.equal(await runProgram(["lanes", "--url", closed.url], terminal), 77);
    } finally {
      await closed.close();
    }
  });
});

it("the runtime of a data directory is found by its server.json", async () => {
  await writeFile(join(host.directory, "server.json"), JSON.stringify({ url: host.url, pid: process.pid }));
  const { terminal, out } = testTerminal({ directory: "/" });
  assert.equal(await runProgram(["health", "--live", "--data-dir", host.directory], terminal), 0);
  assert.equal(out(), "pass\n");
});
