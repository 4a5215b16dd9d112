// Job modules that cannot be used are reported with file and line; the others keep running.
import assert from "node:assert/strict";
import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { CofferdamError } from "../../src/model/index.ts";
import { startHarness } from "./set-up.ts";

const DEFINE = JSON.stringify(new URL("../../src/define.ts", import.meta.url).href);
const ZOD = JSON.stringify(import.meta.resolve("zod"));

const BROKEN: Readonly<Record<string, { readonly text: string; readonly says: RegExp; readonly at: RegExp }>> = {
  "throws-on-import.mjs": { text: 'const a = 1;\nthrow new Error("no database here");\n', says: /no database here/, at: /throws-on-import\.mjs:2/ },
  "bad-syntax.mjs": { text: "export default {\n  oops oops\n};\n", says: /Unexpected identifier/, at: /bad-syntax\.mjs:2/ },
  "exports-nothing.mjs": { text: "export const x = 1;\n", says: /exports no job definition \(it exports x\)/, at: /exports-nothing\.mjs/ },
  "missing-import.mjs": { text: 'import "./nowhere.mjs";\n', says: /Cannot find module/, at: /missing-import\.mjs/ },
  "wrong-option.mjs": {
    text: `import { defineJob } from ${DEFINE};\n\nexport default defineJob({ type: "a", budget: { memry: "1GB" }, run() {} });\n`,
    says: /budget\.memry.*did you mean "memory"/,
    at: /wrong-option\.mjs:3/,
  },
  "negative-budget.mjs": {
    text: `import { defineJob } from ${DEFINE};\nexport default defineJob({ type: "b", budget: { time: -5 }, run() {} });\n`,
    says: /budget\.time: -5 is not a duration/,
    at: /negative-budget\.mjs:2/,
  },
  "nan-budget.mjs": {
    text: `import { defineJob } from ${DEFINE};\nexport default defineJob({ type: "c", budget: { pids: Number.NaN }, run() {} });\n`,
    says: /budget\.pids: NaN/,
    at: /nan-budget\.mjs:2/,
  },
  "no-run.mjs": { text: `import { defineJob } from ${DEFINE};\nexport default defineJob({ type: "d" });\n`, says: /run: must be a function/, at: /no-run\.mjs:2/ },
  "large-schema.mjs": {
    text: `import { defineJob } from ${DEFINE};\nimport * as z from ${ZOD};\nconst names = Array.from({ length: 100_000 }, (_, at) => "name" + at);\nexport default defineJob({ type: "e", input: z.object({ name: z.enum(names) }), run() {} });\n`,
    says: /come to 1\d{6} bytes as JSON, most of them those of e; 1000000 at most/,
    at: /large-schema\.mjs/,
  },
  "exits-on-import.mjs": { text: "process.exit(3);\n", says: /ended \(code 3\)/, at: /exits-on-import\.mjs/ },
  "z-same-type.mjs": {
    text: `import { defineJob } from ${DEFINE};\nexport default defineJob({ type: "journal.writes", run() {} });\n`,
    says: /journal\.writes is already defined/,
    at: /z-same-type\.mjs/,
  },
};

test("every broken module is named with its place, and the good one runs", async () => {
  const jobs = await mkdtemp(join(tmpdir(), "cofferdam-broken-"));
  try {
    for (const [name, { text }] of Object.entries(BROKEN)) await writeFile(join(jobs, name), text);
    await cp(join(import.meta.dirname, "jobs", "journal.ts"), join(jobs, "journal.ts"));
    await writeFile(
      join(jobs, "journal.ts"),
      `import ${JSON.stringify(join(import.meta.dirname, "jobs", "journal.ts"))};\nexport * from ${JSON.stringify(join(import.meta.dirname, "jobs", "journal.ts"))};\n`,
    );
    await using harness = await startHarness({ jobs: [jobs] });
    const broken = harness.runtime.control.brokenModules();
    for (const [name, { says, at }] of Object.entries(BROKEN)) {
      const found = broken.find((module) => module.moduleUrl.endsWith(`/${name}`));
      assert.ok(found !== undefined, name);
      assert.match(found.message, says);
      assert.match(found.at ?? "", at);
    }
    assert.equal(broken.length, Object.keys(BROKEN).length);
    await harness.reaches(await harness.add("journal.writes"), "succeeded");
    await assert.rejects(harness.add("journal.write"), (error) => error instanceof CofferdamError && error.code === "unknown_job_type" && /journal\.writes/.test(error.message));
  } finally {
    await rm(jobs, { recursive: true, force: true });
  }
});
