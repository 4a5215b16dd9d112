// The process that loads job modules for the host, with real modules.
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { pathToFileURL } from "node:url";
import { systemClock, type Clock } from "../../src/platform/index.ts";
import { createRegistrar, openYard, type Registrar } from "../../src/supervisor/index.ts";
import { jobTypeOf } from "../job-type.ts";

const DEFINE = new URL("../../src/define.ts", import.meta.url).href;

/** A job module whose Standard Schema is the given code; without an input it accepts. */
const moduleOf = (check: string): string => `import { defineJob } from ${JSON.stringify(DEFINE)};
const input = { "~standard": { version: 1, vendor: "test", validate(value) { ${check} return { value }; } } };
export default defineJob({ type: "x", input, run: () => null });
`;

describe("the process that loads job modules", () => {
  let directory = "";
  let registrar: Registrar;
  /** The time limits of questions, to be ended by hand. */
  const limits: (() => void)[] = [];
  const clock: Clock = {
    ...systemClock,
    after: (delayMs, action, options) => (delayMs === 5000 ? (limits.push(action), () => undefined) : systemClock.after(delayMs, action, options)),
  };

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), "cofferdam-registrar-"));
    await writeFile(join(directory, "throws.mjs"), moduleOf("value.missing.field;"));
    await writeFile(join(directory, "hangs.mjs"), moduleOf("for (;;);"));
    await writeFile(join(directory, "accepts.mjs"), moduleOf(""));
    const yard = { ...(await openYard({ tier: "auto", nice: 0 })), clock };
    registrar = createRegistrar(yard, { cwd: directory, env: () => process.env, directory });
  });
  after(async () => {
    await registrar.close();
    await rm(directory, { recursive: true, force: true });
  });

  const validate = (name: string) => registrar.validate(jobTypeOf("x", { moduleUrl: pathToFileURL(join(directory, name)).href }), '{"id":1}');

  it("says what a schema threw, and lives on", async () => {
    assert.deepEqual(await validate("throws.mjs"), {
      ok: false,
      errors: [{ pointer: "", detail: "the input schema threw TypeError: Cannot read properties of undefined (reading 'field')" }],
    });
    assert.deepEqual(await validate("accepts.mjs"), { ok: true });
  });

  it("says that a module cannot be imported any more, and lives on", async () => {
    await assert.rejects(validate("gone.mjs"), { code: "validator_failed", message: /gone\.mjs cannot be imported any more/ });
    assert.deepEqual(await validate("accepts.mjs"), { ok: true });
  });

  it("a schema that never returns fails its own question only", async () => {
    limits.splice(0);
    const hanging = validate("hangs.mjs");
    const waiting = validate("accepts.mjs");
    limits[0]?.();
    await assert.rejects(hanging, { code: "validator_failed", message: /the input schema of x did not answer within 5 s/ });
    assert.deepEqual(await waiting, { ok: true });
  });
});
