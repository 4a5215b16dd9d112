import assert from "node:assert/strict";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { after, before, describe, it } from "node:test";
import { cookieBaseOf, createInstance, instancesDirectory, instanceState, isCookieOf, sweepDeadInstances, NO_CGROUPS } from "../../src/governor/index.ts";
import { systemClock } from "../../src/platform/index.ts";

let scratch = "";
before(() => {
  scratch = mkdtempSync(join(tmpdir(), "cofferdam-instance-"));
  process.env["COFFERDAM_SCRATCH"] = scratch;
});
after(() => rmSync(scratch, { recursive: true, force: true }));

/** Our own name with one part changed. */
function nameWith(part: "boot" | "namespace" | "pid" | "start", value: string): string {
  const parts = createInstance().name.split("-");
  parts[["boot", "namespace", "pid", "start"].indexOf(part)] = value;
  return parts.join("-");
}

describe("an instance", () => {
  it("has a private directory with its name", () => {
    const instance = createInstance();
    assert.equal(basename(instance.directory), instance.name);
    assert.equal(statSync(instance.directory).mode & 0o777, 0o700);
    assert.match(instance.name, /^[0-9a-f]{8}-\d+-\d+-\d+$/);
  });

  it("is known to live or not by boot, namespace, pid and start time", () => {
    assert.equal(instanceState(createInstance().name), "alive");
    assert.equal(instanceState(nameWith("start", "1")), "dead");
    assert.equal(instanceState(nameWith("pid", "4194304")), "dead");
    assert.equal(instanceState(nameWith("boot", "00000000")), "dead");
    assert.equal(instanceState(nameWith("namespace", "1")), "foreign");
    for (const name of ["", "..", "somebody-elses", "0-1-2-3", `${createInstance().name}.1`]) assert.equal(instanceState(name), "not-an-instance");
  });

  it("marks its processes with numbers of its own that every shell can set", () => {
    const base = cookieBaseOf(createInstance().name);
    assert.equal(base, createInstance().cookieBase);
    assert.notEqual(base, cookieBaseOf(nameWith("pid", "1")));
    assert.ok(Number.isSafeInteger(base) && base >= 2 ** 42);
    assert.deepEqual(
      [base - 1, base, base + 2 ** 20 - 1, base + 2 ** 20, null, Number.NaN].map((value) => isCookieOf(base, value)),
      [false, true, true, false, false, false],
    );
  });

  it("refuses a directory that others can write to", () => {
    const open = mkdtempSync(join(scratch, "open-"));
    process.env["COFFERDAM_SCRATCH"] = open;
    try {
      chmodSync(instancesDirectory(), 0o777);
      assert.throws(() => instancesDirectory(), /not a private directory/);
    } finally {
      process.env["COFFERDAM_SCRATCH"] = scratch;
    }
  });
});

describe("the sweep", () => {
  it("removes the dead, and nothing of the living, of other containers or of strangers", async () => {
    const dead = [nameWith("pid", "4194304"), nameWith("boot", "00000000")];
    const kept = [createInstance().name, nameWith("namespace", "1"), "not-ours"];
    for (const name of [...dead, ...kept]) mkdirSync(join(instancesDirectory(), name, "c1", "tmp"), { recursive: true });
    const { deadInstances, ended, cgroupsRemoved } = await sweepDeadInstances(NO_CGROUPS, systemClock);
    assert.deepEqual([...deadInstances].sort(), [...dead].sort());
    assert.deepEqual([ended, cgroupsRemoved], [[], 0]);
    for (const name of kept) assert.ok(statSync(join(instancesDirectory(), name, "c1")).isDirectory());
    assert.deepEqual((await sweepDeadInstances(NO_CGROUPS, systemClock)).deadInstances, []);
  });
});
