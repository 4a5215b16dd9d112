import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { describeError } from "../../src/worker/errors.ts";

describe("the code of an error", () => {
  it("is SQLite's own where node:sqlite says only that it was SQLite, also behind an error that wraps it", () => {
    const busy = Object.assign(new Error("database is locked"), { code: "ERR_SQLITE_ERROR", errcode: 261 });
    assert.equal(describeError(busy).code, "SQLITE_BUSY");
    assert.equal(describeError(new Error("import failed", { cause: busy })).code, "SQLITE_BUSY");
  });

  it("is not read out of numbers that others call errcode", () => {
    assert.equal(describeError(Object.assign(new Error("invalid credential"), { errcode: 261 })).code, null);
    assert.equal(describeError(Object.assign(new Error("no such user"), { code: "E_USER", errcode: 5 })).code, "E_USER");
  });
});
