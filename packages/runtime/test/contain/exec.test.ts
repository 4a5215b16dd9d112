import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { CAUSES, isCause } from "../../src/model/index.ts";
import { expectedAt, programFile, PROGRAMS, type ProgramCase } from "../programs/model.ts";
import { endOf, startCli, waitForText, type Ended } from "../spawn-cli.ts";
import { newMarker } from "./run-case.ts";
import { findCgroups, findProcesses, findScratch } from "./traces.ts";

let scratch = "";
before(async () => {
  scratch = await mkdtemp(join(tmpdir(), "cofferdam-exec-"));
});
after(() => rm(scratch, { recursive: true, force: true }));

interface Execution extends Ended {
  readonly pid: number;
}

async function exec(
  args: readonly string[],
  options: { readonly cancelWhenReady?: boolean; readonly env?: Readonly<Record<string, string>>; readonly stdin?: string } = {},
): Promise<Execution> {
  const child = startCli(["exec", ...args], { directory: scratch, env: { COFFERDAM_SCRATCH: scratch, ...options.env } });
  child.stdin.end(options.stdin ?? "");
  const ended = endOf(child);
  if (options.cancelWhenReady) {
    await waitForText(child.stderr, /^ready$/m);
    child.kill("SIGTERM");
  }
  return { ...(await ended), pid: child.pid ?? 0 };
}

const sh = (script: string): readonly string[] => ["--", "/bin/sh", "-c", script];

describe("cofferdam exec --json over the table", () => {
  const commands = PROGRAMS.filter((program) => program.run.kind === "command" && program.surface === "every");
  for (const program of commands)
    it(program.title, async () => {
      const marker = newMarker();
      const { code, signal, out, pid } = await exec(["--json", ...optionsOf(program), "--", ...commandOf(program, marker)], {
        cancelWhenReady: program.action === "cancel",
        env: { TEST_MARKER: marker },
      });
      const document = JSON.parse(lastLine(out));
      checkShape(document);
      const expected = expectedAt(program, document.enforcement);
      assert.equal(document.verdict.cause, expected.cause, out);
      assert.deepEqual(document.exit, expected.exit);
      assert.deepEqual([code, signal], [expected.execCode, null]);
      if (expected.leaks !== "any") assert.equal(document.leaks.length, expected.leaks.length);
      assert.deepEqual(findProcesses(marker), []);
      assert.deepEqual(findCgroups(pid), []);
      assert.deepEqual(findScratch(scratch, pid), []);
    });
});

describe("cofferdam exec", () => {
  it("passes output, standard input and the exit code through", async () => {
    const { code, out, err } = await exec(sh("cat; echo problem >&2; exit 41"), { stdin: "from the outside\n" });
    assert.deepEqual([code, out], [41, "from the outside\n"]);
    assert.equal(err, "problem\n");
  });

  it("is silent about a success, and gives one line for a death", async () => {
    const fine = await exec(sh("exit 0"));
    assert.deepEqual([fine.code, fine.out, fine.err], [0, "", ""]);
    const killed = await exec(sh("kill -KILL $$"));
    assert.equal(killed.code, 137);
    assert.equal(killed.out, "");
    assert.match(killed.err, /^cofferdam: .*SIGKILL/);
  });

  for (const closed of ["stdout", "stderr"] as const)
    it(`hands a broken pipe at ${closed} on to the program, and still leaves nothing behind`, async () => {
      const marker = newMarker();
      const script = `trap "" PIPE; sleep ${marker} & setsid sleep ${marker} & while echo more ${closed === "stdout" ? "" : ">&2"}; do :; done; exit 41`;
      const child = startCli(["exec", "--tier", "scan", ...sh(script)], { directory: scratch, env: { COFFERDAM_SCRATCH: scratch, TEST_MARKER: marker } });
      child.stdin.end();
      const exit = once(child, "exit");
      await once(child[closed], "data");
      child[closed].destroy();
      assert.deepEqual(await exit, [41, null]);
      assert.deepEqual(findProcesses(marker), []);
      assert.deepEqual(findScratch(scratch, child.pid ?? 0), []);
    });

  it("with --json the program's output goes to standard error and one object to standard output", async () => {
    const { out, err } = await exec(["--json", ...sh("echo one; echo two >&2; echo three")]);
    assert.match(err, /^(?=[^]*one\n)(?=[^]*two\n)(?=[^]*three\n)/);
    assert.equal(out.trim().split("\n").length, 1);
    checkShape(JSON.parse(out));
  });

  it("runs in --cwd with --env, and no shell between", async () => {
    const { out } = await exec(["--cwd", "/", "--env", "GREETING=hello *", "--", "/bin/sh", "-c", 'pwd; echo "$GREETING" "$1"', "sh", "a  b'$(id)"]);
    assert.equal(out, "/\nhello * a  b'$(id)\n");
  });

  it("gives the program a TMPDIR of its own, gone afterwards", async () => {
    const { out, pid } = await exec(sh('echo "$TMPDIR"; echo left > "$TMPDIR/left"'));
    assert.ok(out.startsWith(scratch), out);
    assert.deepEqual(findScratch(scratch, pid), []);
  });

  it("takes budgets from the environment and a config file, flags first", async () => {
    const byEnvironment = await exec(["--json", ...sh("sleep 100000")], { env: { COFFERDAM_EXEC_TIME: "200ms" } });
    assert.equal(byEnvironment.code, 102, byEnvironment.err);
    const config = join(scratch, "exec.config.json");
    await writeFile(config, '{"exec":{"time":"200ms"}}');
    const byFile = await exec(["--json", "--config", config, ...sh("sleep 100000")]);
    assert.equal(byFile.code, 102, byFile.err);
    const byFlag = await exec(["--json", "--config", config, "--time", "10m", ...sh("echo done")]);
    assert.equal(byFlag.code, 0, byFlag.err);
  });

  it("exits 2 for an option that does not exist, with a suggestion, and runs nothing", async () => {
    const { code, out, err } = await exec(["--memroy", "1GB", ...sh("echo ran")]);
    assert.deepEqual([code, out], [2, ""]);
    assert.match(err, /--memroy.*--memory/);
    const value = await exec(["--memory", "much", ...sh("echo ran")]);
    assert.deepEqual([value.code, value.out], [2, ""]);
    assert.equal((await exec([])).code, 2);
  });

  it("hands options after -- to the program", async () => {
    const { code, out } = await exec(["--", "/bin/echo", "--json", "--time", "1s"]);
    assert.deepEqual([code, out], [0, "--json --time 1s\n"]);
  });
});

function commandOf(program: ProgramCase, marker: string): readonly string[] {
  return program.run.kind === "command" ? program.run.command(programFile(program.program), marker) : [];
}

function optionsOf({ budget, graceMs }: ProgramCase): readonly string[] {
  return [...Object.entries(budget).flatMap(([name, value]) => [`--${name}`, String(value)]), "--grace", `${graceMs}ms`];
}

function lastLine(text: string): string {
  return text.trimEnd().split("\n").at(-1) ?? "";
}

/** The documented shape: exactly these keys, with values of these kinds. */
function checkShape(document: Record<string, never>): void {
  const { schema, verdict, exit, usage, leaks, enforcement } = document as Record<string, Record<string, unknown> & unknown[]>;
  assert.deepEqual(Object.keys(document), ["schema", "verdict", "exit", "usage", "leaks", "enforcement"]);
  assert.equal(schema, 1);
  assert.ok(verdict !== undefined && exit !== undefined && usage !== undefined && leaks !== undefined && enforcement !== undefined);
  assert.ok(isCause(verdict["cause"]), CAUSES.join(" "));
  assert.match(String(verdict["summary"]), /^\S.*\.$/s);
  assert.ok(["certain", "likely", "possible"].includes(String(verdict["confidence"])));
  for (const fact of verdict["evidence"] as unknown as object[]) assert.deepEqual(Object.keys(fact), ["fact", "value", "source"]);
  assert.ok(Array.isArray(verdict["hypotheses"]));
  assert.deepEqual(Object.keys(exit), ["code", "signal"]);
  assert.deepEqual(Object.keys(usage), ["wall_seconds", "cpu_seconds", "memory_peak_bytes", "pids_peak", "output_bytes", "memory_method"]);
  for (const [name, value] of Object.entries(usage)) assert.equal(typeof value, name === "memory_method" ? "string" : "number");
  for (const leak of leaks) assert.deepEqual(Object.keys(leak as object), ["kind", "pid", "command", "state"]);
  assert.deepEqual(Object.keys(enforcement), ["tier", "memory", "pids"]);
}
