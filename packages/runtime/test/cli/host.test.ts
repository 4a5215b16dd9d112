import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { access, mkdir, mkdtemp, open, readdir, rm, symlink, watch, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { CLI, endOf, runCli, startCli, waitForText } from "../spawn-cli.ts";

let directory = "";
before(async () => {
  directory = await mkdtemp(join(tmpdir(), "cofferdam-host-"));
  await mkdir(join(directory, "node_modules"));
  await mkdir(join(directory, "jobs"));
  await mkdir(join(directory, "tmp"));
  await symlink(fileURLToPath(new URL("../..", import.meta.url)), join(directory, "node_modules", "cofferdam"));
  await writeFile(join(directory, "package.json"), '{"type":"module"}');
  await write("echo", 'async run(job) { console.log("in attempt " + job.attempt); return { echoed: job.input }; }');
  await write("fails", 'retry: { attempts: 1 }, run() { throw new TypeError("no luck"); }');
  await write("exits", "retry: { deaths: 1 }, run() { process.abort(); }");
  await write("lasts", 'budget: { time: "300ms" }, retry: { deaths: 1 }, grace: "100ms", async run() { setInterval(() => {}, 1000); await new Promise(() => {}); }');
  await write("flaky", 'retry: { backoff: { base: "1ms" } }, run(job) { if (job.attempt === 1) throw new Error("first"); return "second"; }');
  await write(
    "waits",
    'grace: "5s", async run(job) { console.log("waiting"); setInterval(() => {}, 1000); await new Promise((_, reject) => job.signal.addEventListener("abort", () => reject(job.signal.reason))); }',
  );
});
after(() => rm(directory, { recursive: true, force: true }));

async function write(type: string, rest: string): Promise<void> {
  await writeFile(join(directory, "jobs", `${type}.ts`), `import { defineJob } from "cofferdam";\nexport default defineJob({ type: "${type}", ${rest} });\n`);
}

const env = () => ({ TMPDIR: join(directory, "tmp") });
const runDirectories = async () => (await readdir(join(directory, "tmp"))).filter((name) => name.startsWith("cofferdam-run-"));
const run = (...args: string[]) => runCli(["run", ...args], { directory, env: env() });

describe("run", () => {
  it("prints lines and the job's output on standard error, its result as data, and leaves nothing behind", async () => {
    const { code, out, err } = await run("echo", '{"a":1}');
    assert.equal(code, 0, err);
    assert.deepEqual(JSON.parse(out), { echoed: { a: 1 } });
    assert.match(err, /^ {7}START \[ {10}\] default {2}echo {13}j_[0-9a-f]{32}$/m);
    assert.match(err, /^in attempt 1$/m);
    assert.match(err, /^ {8}DONE \[ +\d+\.\d{3}s\] default {2}echo/m);
    assert.match(err, /^succeeded \(certain\): /m);
    assert.deepEqual(await runDirectories(), []);
  });

  it("exits 100 for a failure, 101 for a death, 102 when it is out of time", async () => {
    const failed = await run("fails");
    assert.equal(failed.code, 100, failed.err);
    assert.match(failed.err, /FAIL .* fails .* -> given up$/m);
    assert.match(failed.err, /error: TypeError: no luck/);
    const died = await run("exits");
    assert.equal(died.code, 101, died.err);
    assert.match(died.err, /CRASH .* exits /);
    const late = await run("lasts");
    assert.equal(late.code, 102, late.err);
    assert.match(late.err, /TIMEOUT .* lasts /);
  });

  it("retries as the type says, and once only when it is told", async () => {
    const twice = await run("flaky");
    assert.equal(twice.code, 0, twice.err);
    assert.match(twice.err, /FAIL(.|\n)*RETRY(.|\n)*START .* attempt 2\n(.|\n)*DONE .* FLAKY: attempt 2/);
    assert.equal((await run("flaky", "--once")).code, 100);
  });

  it("prints one versioned object with --json", async () => {
    const { out } = await run("flaky", "--json");
    const report = JSON.parse(out);
    assert.deepEqual([report.schema, report.job.state, report.attempts.length, report.result], [1, "succeeded", 2, "second"]);
    assert.equal(report.attempts[0].verdict.cause, "failed");
  });

  it("exits 103 when it is interrupted", async () => {
    const child = startCli(["run", "waits"], { directory, env: env() });
    child.stdin.end();
    const ended = endOf(child);
    await waitForText(child.stderr, /waiting/);
    child.kill("SIGINT");
    const { code, err } = await ended;
    assert.equal(code, 103, err);
    assert.match(err, /CANCEL .* waits /);
  });

  it("exits 103 when it is interrupted before its runtime is up, and leaves nothing behind", async () => {
    const begun = whenNamed(join(directory, "tmp"), /^cofferdam-run-/);
    // It ends so also when the job has begun meanwhile.
    const child = startCli(["run", "waits"], { directory, env: env() });
    child.stdin.end();
    const ended = endOf(child);
    await begun;
    child.kill("SIGINT");
    const { code, out, err } = await ended;
    assert.deepEqual([code, out], [103, ""], err);
    assert.deepEqual(await runDirectories(), []);
  });

  it("exits 103 when it is interrupted before the next attempt", async () => {
    await write("pauses", 'retry: { backoff: { base: "10m", max: "10m" } }, run() { throw new Error("not now"); }');
    const child = startCli(["run", "pauses"], { directory, env: env() });
    child.stdin.end();
    const ended = endOf(child);
    await waitForText(child.stderr, /RETRY/);
    child.kill("SIGINT");
    const { code, err } = await ended;
    assert.equal(code, 103, err);
  });

  it("runs that one job: no service is begun, no schedule fires", async () => {
    const beside = fileURLToPath(new URL("../service/jobs/steady.ts", import.meta.url));
    const { code, out, err } = await run("echo", "1", "--jobs", "jobs/echo.ts", "--jobs", beside);
    assert.equal(code, 0, err);
    assert.deepEqual(JSON.parse(out), { echoed: 1 });
    assert.doesNotMatch(err, /steady/);
  });

  it("exits 2 when the size guard holds the input back", async () => {
    await write("guarded", 'sizeGuard: { max: 10, action: "quarantine" }, run() {}');
    const { code, err } = await run("guarded", '"more than ten"');
    assert.equal(code, 2, err);
    assert.match(err, /HELD .* guarded (.|\n)*error: the input is too large — guarded has not run: its size guard holds/);
  });

  it("refuses a type that does not exist, with a suggestion", async () => {
    const { code, err } = await run("ecoho");
    assert.equal(code, 2);
    assert.match(err, /there is no such job type/);
  });
});

describe("start", () => {
  it("runs until it is asked to end, and its clients find it by its data directory", async () => {
    const child = startCli(["start", "--port", "0"], { directory, env: env() });
    child.stdin.end();
    const ended = endOf(child);
    await waitForText(child.stderr, /cofferdam: http:\/\/127\.0\.0\.1:\d+/);
    const done = waitForText(child.stderr, /DONE .* echo /);
    const client = (...args: string[]) => runCli(args, { directory });
    const id = (await client("add", "echo", '"hi"')).out.trim();
    await done;
    const shown = await client("show", id, "--result");
    assert.match(shown.out, /^state +succeeded$/m);
    assert.match(shown.out, /^result {2}\{"echoed":"hi"\}$/m);
    assert.equal((await client("logs", id)).out, "in attempt 1\n");
    assert.equal((await client("health", "--ready")).code, 0);
    assert.match((await client("ps")).out, /^PID +STATE/);
    assert.match((await client("types")).out, /^waits +module/m);
    const second = await client("start", "--port", "0");
    assert.equal(second.code, 1);
    assert.match(second.err, /another process owns the data directory/);

    child.kill("SIGTERM");
    const { code, err, out } = await ended;
    assert.deepEqual([code, out], [0, ""], err);
    await assert.rejects(access(join(directory, ".cofferdam", "server.json")));
    assert.equal((await client("jobs")).code, 69);
  });

  it("goes on when nobody reads its lines any more, and ends in order", async () => {
    const child = startCli(["start", "--port", "0", "--log-level", "silent"], { directory, env: env() });
    child.stdin.end();
    const exit = once(child, "exit");
    const [url] = (await waitForText(child.stderr, /cofferdam: http:.*\n/)).match(/http:\S+/) ?? [];
    const events = await fetch(`${url}/api/v1/events`, { headers: { accept: "text/event-stream" } });
    assert.ok(events.body !== null);
    child.stderr.destroy();
    assert.equal((await runCli(["add", "echo"], { directory })).code, 0);
    await waitForText(Readable.fromWeb(events.body), /job\.settled.*succeeded/);
    child.kill("SIGTERM");
    assert.deepEqual(await exit, [0, null]);
    await assert.rejects(access(join(directory, ".cofferdam", "server.json")));
  });

  it("goes on when its lines and its log cannot be written, and ends in order", async () => {
    const dataDir = join(directory, "no-room");
    await mkdir(dataDir);
    await mkdir(join(directory, "broken"));
    await writeFile(join(directory, "broken", "throws.ts"), 'throw new Error("this is logged");');
    const noted = whenNamed(dataDir, /^server\.json$/);
    await using full = await open("/dev/full", "w");
    const child = spawn(process.execPath, [CLI, "start", "broken", "--port", "0", "--data-dir", dataDir], {
      cwd: directory,
      env: { ...process.env, ...env() },
      stdio: ["ignore", "ignore", full.fd],
    });
    const exit = once(child, "exit");
    await Promise.race([noted, exit]);
    child.kill("SIGTERM");
    assert.deepEqual(await exit, [0, null]);
    await assert.rejects(access(join(dataDir, "server.json")));
  });

  it("hurries when it is asked twice", async () => {
    const child = startCli(["start", "--port", "0", "--drain-timeout", "10m"], { directory, env: env() });
    child.stdin.end();
    const ended = endOf(child);
    await waitForText(child.stderr, /cofferdam: http:/);
    const started = waitForText(child.stderr, /START .* waits /);
    assert.equal((await runCli(["add", "waits"], { directory })).code, 0);
    await started;
    const draining = waitForText(child.stderr, /SIGTERM: shutting down/);
    child.kill("SIGTERM");
    await draining;
    child.kill("SIGTERM");
    assert.equal((await ended).code, 0);
  });

  it("says why it cannot start", async () => {
    const unsafe = await runCli(["start", "--host", "0.0.0.0", "--port", "0"], { directory, env: env() });
    assert.equal(unsafe.code, 3, unsafe.err);
    assert.match(unsafe.err, /listening beyond loopback needs a token/);
    const missing = await runCli(["start", "nowhere"], { directory, env: env() });
    assert.equal(missing.code, 3);
    assert.match(missing.err, /nowhere does not exist/);
  });
});

describe("dev", () => {
  it("starts again with the new code when a job module changes", async () => {
    const child = startCli(["dev", "--port", "0"], { directory, env: env() });
    child.stdin.end();
    const ended = endOf(child);
    await waitForText(child.stderr, /cofferdam: http:/);
    const again = waitForText(child.stderr, /a job module changed(.|\n)*job types .*\badded\b(.|\n)*cofferdam: http:/);
    await write("added", "run() {}");
    await again;
    assert.equal((await runCli(["add", "added"], { directory })).code, 0);
    child.kill("SIGINT");
    assert.equal((await ended).code, 0);
  });
});

/** Resolves when something of such a name comes into being in a directory. */
async function whenNamed(path: string, name: RegExp): Promise<void> {
  for await (const { filename } of watch(path)) if (filename !== null && name.test(filename)) return;
}
