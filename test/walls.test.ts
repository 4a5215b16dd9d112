import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, it } from "node:test";
import { findMissingDoors, findViolations } from "./walls/check.ts";
import { readImports, readSources, toSource } from "./walls/read-sources.ts";

const SOURCES = readSources(join(import.meta.dirname, "../packages/runtime/src"));

describe("the walls between the rooms", () => {
  it("stand: no room imports a later one, no verb is used elsewhere, no file is too long", () => {
    assert.ok(SOURCES.length > 100, "the sources were not found");
    assert.deepEqual(findViolations(SOURCES), []);
  });

  it("have a door each, with its four lines", () => {
    assert.deepEqual(findMissingDoors(SOURCES), []);
  });
});

/** What the walls are worth: each made-up file breaks one. */
const BROKEN: readonly { readonly path: string; readonly text: string; readonly says: RegExp }[] = [
  { path: "verdict/guess.ts", text: 'import { decideNext } from "../policy/index.ts";', says: /^verdict\/guess\.ts:1: verdict may not import policy, a later room/ },
  { path: "store/row.ts", text: '\n\nimport {\n  type JobType,\n  runAttempt,\n} from "../attempt/index.ts";', says: /^store\/row\.ts:3: store may not import attempt/ },
  { path: "intake/ask.ts", text: 'import type { AttemptBoard } from "../attempt/index.ts";', says: /intake may not import attempt, a later room/ },
  { path: "store/read.ts", text: 'import { PORT } from "../control/ports.ts";', says: /a later room: only its types/ },
  { path: "policy/rule.ts", text: 'import { exitFacts } from "../verdict/facts.ts";', says: /has to use the door verdict\/index\.ts/ },
  { path: "dispatch/late.ts", text: 'const later = await import("../http/index.ts");', says: /dispatch may not import http/ },
  { path: "model/time.ts", text: "export const now = () => Date.now();", says: /only platform\/.* may read the clock/ },
  { path: "attempt/end.ts", text: 'process.kill(pid, "SIGKILL");', says: /may send a signal/ },
  { path: "control/run.ts", text: 'import { spawn } from "node:child_process";', says: /may start a process/ },
  { path: "query/rows.ts", text: 'import { DatabaseSync } from "node:sqlite";', says: /may touch SQL/ },
  { path: "metrics/serve.ts", text: 'import { createServer } from "node:http";', says: /may speak HTTP/ },
  { path: "schedule/stop.ts", text: "process.exit(1);", says: /may exit/ },
  { path: "policy/dice.ts", text: "const fraction = Math.random();", says: /may roll dice/ },
  { path: "wire/thing.ts", text: "\nexport default 1;", says: /^wire\/thing\.ts:2: .*may export a default/ },
  { path: "supervisor/go.ts", text: 'import { load } from "../worker/load.ts";', says: /may not import the worker/ },
  { path: "worker/peek.ts", text: 'import type { Store } from "../store/ports.ts";', says: /the worker may not know store\/ports\.ts/ },
  { path: "http/all.ts", text: 'import { startRuntime } from "../runtime.ts";', says: /it wires the rooms/ },
  { path: "pantry/jam.ts", text: "", says: /no place in the order of rooms/ },
  { path: "policy/index.ts", text: "// policy: decides.\n// Owns: it. Never: more.\n", says: /does not say "In:"/ },
  { path: "policy/long.ts", text: "\n".repeat(401), says: /401 lines/ },
];

/** Looks like a breach and is none. */
const FINE: readonly { readonly path: string; readonly text: string }[] = [
  { path: "store/tell.ts", text: 'import type { Control } from "../control/ports.ts";' },
  { path: "store/tell.ts", text: 'import { type Control } from "../control/ports.ts";' },
  { path: "cli/word.ts", text: 'import { CAUSES } from "../model/index.ts";' },
  { path: "attempt/line.ts", text: "// not Date.now()\n/* nor process.exit() */\nclock.setTimeout(1);" },
  { path: "worker/own.ts", text: 'import type { JobContext } from "../define.ts";' },
];

describe("the check of the walls", () => {
  for (const { path, text, says } of BROKEN) {
    it(`finds ${says.source}`, () => {
      const [first] = findViolations([toSource(path, text)]);
      assert.match(first ?? "nothing was found", says);
    });
  }

  for (const source of FINE) {
    it(`leaves ${source.text.split("\n")[0]} alone`, () => assert.deepEqual(findViolations([toSource(source.path, source.text)]), []));
  }

  it("misses a room without a door", () => {
    assert.ok(findMissingDoors(SOURCES.filter(({ path }) => path !== "policy/index.ts")).includes("policy/index.ts:1: the room has no door"));
  });

  it("reads imports over several lines, of types, for effect and later", () => {
    const text =
      'import "./a.ts";\nimport {\n  b,\n} from "./b.ts";\nexport * from "./c.ts";\nimport type { D } from "./d.ts";\nimport { type E, type F } from "./e.ts";\nimport g, { type H } from "./g.ts";\n';
    assert.deepEqual(
      readImports(text).map(({ line, specifier, kind }) => `${line} ${specifier} ${kind}`),
      ["1 ./a.ts value", "2 ./b.ts value", "5 ./c.ts value", "6 ./d.ts type", "7 ./e.ts type", "8 ./g.ts value"],
    );
  });
});
