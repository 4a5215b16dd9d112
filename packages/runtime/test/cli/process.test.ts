import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, open, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { CLI, endOf, runCli, startCli } from "../spawn-cli.ts";

let directory = "";
before(async () => {
  directory = await mkdtemp(join(tmpdir(), "cofferdam-cli-"));
});
after(() => rm(directory, { recursive: true, force: true }));

const run = (args: readonly string[], env: Readonly<Record<string, string>> = {}) => runCli(args, { directory, env });

describe("the program", () => {
  it("prints its version as data", async () => {
    const manifest = JSON.parse(await readFile(new URL("../../package.json", import.meta.url), "utf8"));
    const { code, out, err } = await run(["version", "--json"]);
    assert.deepEqual([code, err], [0, ""]);
    assert.deepEqual(JSON.parse(out), { schema: 1, version: manifest.version, node: process.versions.node });
  });

  it("suggests the command and the option that was meant, and exits 2", async () => {
    const command = await run(["jbos"]);
    assert.equal(command.code, 2);
    assert.match(command.err, /^error: .*unknown command 'jbos' \(Did you mean jobs\?\)\n {2}next: /);
    const option = await run(["jobs", "--stat", "ready"]);
    assert.equal(option.code, 2);
    assert.match(option.err, /unknown option '--stat' \(Did you mean --state\?\)/);
    const nested = await run(["quarantine", "relaese", "j_1"]);
    assert.equal(nested.code, 2);
    assert.match(nested.err, /no command "relaese" \(did you mean "release"\?\)/);
    assert.equal((await run(["show"])).code, 2);
    assert.equal([command, option, nested].map(({ out }) => out).join(""), "");
  });

  it("shows help when it is asked nothing, as data", async () => {
    const { code, out } = await run([]);
    assert.equal(code, 0);
    assert.match(out, /Usage: cofferdam/);
  });

  it("exits 1 when its data could not be written, and says so", async () => {
    await using full = await open("/dev/full", "w");
    const child = spawn(process.execPath, [CLI, "version"], { stdio: ["ignore", full.fd, "pipe"] });
    assert.ok(child.stderr !== null);
    const [err, [code]] = await Promise.all([text(child.stderr), once(child, "close")]);
    assert.equal(code, 1);
    assert.match(err, /^cofferdam: standard output could not be written: ENOSPC.*\n$/);
  });

  it("holds a bounded part of the lines that nobody reads", async () => {
    const terminal = new URL("../../src/cli/terminal.ts", import.meta.url).href;
    const writes = `import { processTerminal } from "${terminal}";
      const { note } = processTerminal();
      for (let line = 0; line < 4000; line += 1) note("x".repeat(1023));
      process.stdout.write(String(process.stderr.writableLength), () => process.exit());`;
    const child = spawn(process.execPath, ["--input-type=module", "-e", writes], { stdio: ["ignore", "pipe", "pipe"] });
    const held = Number(await text(child.stdout));
    assert.ok(held > 1000 && held <= 1.1 * 1024 ** 2, String(held));
  });

  it("says that no runtime is reachable, how to start one, and exits 69", async () => {
    const silent = await run(["jobs"]);
    assert.equal(silent.code, 69);
    assert.match(silent.err, /no runtime is running on the data directory .*\.cofferdam\n {2}next: .*cofferdam start/);
    const refused = await run(["jobs", "--url", await closedUrl()]);
    assert.equal(refused.code, 69);
    assert.match(refused.err, /is not reachable \(ECONNREFUSED\)/);
    assert.doesNotMatch(refused.err, /\n\s+at /);
  });

  it("exits 3 for a wrong variable or file, and names it", async () => {
    const variable = await run(["config"], { COFFERDAM_PROT: "1" });
    assert.equal(variable.code, 3);
    assert.match(variable.err, /COFFERDAM_PROT.*did you mean "COFFERDAM_PORT"/);
    const file = await run(["config", "--config", "missing.ts"]);
    assert.equal(file.code, 3);
    assert.match(file.err, /missing\.ts: there is no such config file/);
  });

  it("shows where settings come from", async () => {
    await writeFile(join(directory, "own.config.json"), '{"drainTimeout":"90s"}');
    const { code, out } = await run(["config", "--show-origin", "--config", "own.config.json", "--port", "0"], { COFFERDAM_HOST: "::1" });
    assert.equal(code, 0);
    assert.match(out, /^drainTimeout +1 min 30 s +.*own\.config\.json$/m);
    assert.match(out, /^http\.port +0 +--port$/m);
    assert.match(out, /^http\.host +::1 +COFFERDAM_HOST$/m);
  });

  it("is quiet when nobody reads any more", async () => {
    const child = startCli(["completion", "fish"], { directory });
    child.stdout.destroy();
    child.stdin.end();
    const { code, err } = await endOf(child);
    assert.deepEqual([code, err], [0, ""]);
  });

  it("writes an example to begin with and never overwrites", async () => {
    const root = join(directory, "fresh");
    await mkdir(join(root, "jobs"), { recursive: true });
    await writeFile(join(root, "jobs", "hello.ts"), "mine");
    const { code, out, err } = await run(["init", "fresh"]);
    assert.deepEqual([code, out], [0, ""]);
    assert.match(err, /wrote {2}fresh\/cofferdam\.config\.ts\nkept {3}fresh\/jobs\/hello\.ts: it exists\n {2}next: cd fresh && npm install cofferdam && npx cofferdam dev/);
    assert.equal(await readFile(join(root, "jobs", "hello.ts"), "utf8"), "mine");
    await mkdir(join(root, "node_modules"));
    await symlink(fileURLToPath(new URL("../..", import.meta.url)), join(root, "node_modules", "cofferdam"));
    assert.equal((await runCli(["config"], { directory: root })).code, 0);
    assert.match((await runCli(["init"], { directory: root })).err, /kept .*config file already(.|\n)*next: npx cofferdam dev/);
  });

  it("finds out what this machine can enforce", async () => {
    const { code, out } = await run(["doctor", "--json", "--data-dir", "data"]);
    const report = JSON.parse(out);
    assert.equal(code, 0);
    assert.equal(report.schema, 1);
    assert.ok(["cgroup", "pidns", "scan"].includes(report.enforcement.tier));
    assert.deepEqual(
      report.checks.map((check: { name: string }) => check.name),
      ["node", "enforcement", "machine", "open files", "processes of this user", "data directory", "temporary directory", "disk", "job modules"],
    );
  });

  it("exits 1 from doctor when something is wrong", async () => {
    await writeFile(join(directory, "a-file"), "");
    const { code, out } = await run(["doctor", "--data-dir", "a-file/data"]);
    assert.equal(code, 1);
    assert.match(out, /^fail {2}data directory: /m);
  });
});

describe("completion in bash", () => {
  it("completes commands, subcommands and options", async () => {
    const script = (await run(["completion", "bash"])).out;
    const ask = `${script}
      for words in "cofferdam quar" "cofferdam quarantine rel" "cofferdam jobs --sta" "cofferdam show j_1 --resu"; do
        COMP_WORDS=($words); COMP_CWORD=$((\${#COMP_WORDS[@]} - 1)); _cofferdam; echo "\${COMPREPLY[*]}"
      done`;
    assert.equal(await bash(ask), "quarantine\nrelease\n--state\n--result\n");
  });

  async function bash(script: string): Promise<string> {
    const child = spawn("bash", ["-c", script], { stdio: "pipe" });
    child.stdin.end();
    return (await endOf(child)).out;
  }
});

async function closedUrl(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  await new Promise((resolve) => {
    server.close(resolve);
  });
  return `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 1}`;
}
