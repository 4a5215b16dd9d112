import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { pathToFileURL } from "node:url";
import { CAUSES, DEFAULT_JOB_BUDGET, resolveBudget, type BrokenModule, type JobType } from "../../src/model/index.ts";
import { createRegistrar } from "../../src/supervisor/registrar.ts";
import { openYard } from "../../src/supervisor/yard.ts";
import { programFile, PROGRAMS, PYTHON, PYTHON_PROGRAMS } from "./model.ts";

/** Modules that a runtime must call broken, and why. */
const BROKEN: Readonly<Record<string, RegExp>> = {
  "exits-on-import.ts": /ended \(code 9\)/,
  "throws-on-import.ts": /imported too early/,
  "succeeds-as-function.ts": /exports no job definition/,
};

const MODULES = [...new Set(PROGRAMS.filter(({ run }) => run.kind === "module").map(({ program }) => program))];

let directory = "";
let types: ReadonlyMap<string, JobType> = new Map();
let broken: ReadonlyMap<string, BrokenModule> = new Map();

before(async () => {
  directory = await mkdtemp(join(tmpdir(), "cofferdam-definitions-"));
  process.env["COFFERDAM_SCRATCH"] = directory;
  const registrar = createRegistrar(await openYard({ tier: "auto", nice: 0 }), { cwd: directory, env: () => process.env, directory });
  const found = await registrar.describe(MODULES.map((name) => pathToFileURL(programFile(name)).href));
  await registrar.close();
  const nameOf = (moduleUrl: string): string => moduleUrl.split("/").at(-1) ?? "";
  types = new Map(found.types.map((type) => [nameOf(type.moduleUrl), type]));
  broken = new Map(found.broken.map((module) => [nameOf(module.moduleUrl), module]));
});
after(() => rm(directory, { recursive: true, force: true }));

describe("the programs as job modules of a runtime", () => {
  it("are all told apart from the broken ones, which say why and break nobody else", () => {
    assert.deepEqual([...broken.keys()].sort(), Object.keys(BROKEN).sort());
    for (const [name, pattern] of Object.entries(BROKEN)) assert.match(broken.get(name)?.message ?? "", pattern);
    assert.deepEqual(
      MODULES.filter((name) => !types.has(name) && !broken.has(name)),
      [],
    );
    assert.equal(new Set([...types.values()].map(({ type }) => type)).size, types.size);
  });

  for (const { program, title, run, budget } of PROGRAMS)
    if (run.kind === "module" && !(program in BROKEN))
      it(`${title}: the table's budget is the definition's`, () => {
        assert.deepEqual(types.get(program)?.budget, resolveBudget(budget, DEFAULT_JOB_BUDGET));
      });
});

describe("the table of programs", () => {
  it("shows every cause but the two that need more than a program", () => {
    const shown = new Set(PROGRAMS.map(({ expected }) => expected.cause));
    assert.deepEqual(
      CAUSES.filter((cause) => !shown.has(cause)),
      ["oom-killed", "lost"],
    );
  });

  it("has one title for each case, and a file for each program", () => {
    assert.equal(new Set(PROGRAMS.map(({ title }) => title)).size, PROGRAMS.length);
    assert.deepEqual(
      PROGRAMS.filter(({ program }) => program !== "no-such-program" && !existsSync(programFile(program))),
      [],
    );
  });

  it("has misbehaving programs in Python", { skip: PYTHON === null ? `there is no python3 here: ${PYTHON_PROGRAMS.length} programs are NOT run` : false }, () => {
    assert.ok(PYTHON_PROGRAMS.every((program) => PROGRAMS.includes(program)));
  });

  it("forgets no program", () => {
    const used = new Set(
      [...PROGRAMS, ...PYTHON_PROGRAMS]
        .map(({ program }) => program)
        .concat("blocks-with-full-heap.ts", "runs-out-of-files.ts", "stays-everywhere.sh", "stays-as-job.ts", "model.ts"),
    );
    assert.deepEqual(
      readdirSync(programFile(".")).filter((name) => !used.has(name) && !name.endsWith(".test.ts")),
      [],
    );
  });
});
