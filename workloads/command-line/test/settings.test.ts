import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { readEnvironment, setting, SettingsError, writeEnvironment } from "../src/index.ts";

const ROWS = [
  setting("PORT", "8000", "a port"),
  setting("COUNT", "7", "how many"),
  setting("FAST", "false", "whether"),
  setting("MODE", "browser", "how"),
  setting("SITE", "http://127.0.0.1/", "where"),
  setting("KEY", "", "a secret"),
] as const;

describe("settings from the environment", () => {
  it("reads what is written, and takes the fallback for what is missing or empty", () => {
    const read = readEnvironment(ROWS, { PORT: "0", COUNT: " ", FAST: "Yes", MODE: "http", SITE: "https://example.org/x" });
    assert.equal(read.whole("PORT"), 0);
    assert.equal(read.whole("COUNT"), 7);
    assert.equal(read.text("KEY"), "");
    assert.equal(read.optional("KEY"), null);
    assert.equal(read.boolean("FAST"), true);
    assert.equal(read.choice("MODE", ["http", "browser"]), "http");
    assert.equal(read.url("SITE"), "https://example.org/x");
  });

  it("names the variable and what it takes", () => {
    const read = readEnvironment(ROWS, { PORT: "70000", COUNT: "1.5", FAST: "maybe", MODE: "ftp", SITE: "example.org" });
    const refused = (work: () => unknown, message: string): void => assert.throws(work, new SettingsError(message));
    refused(() => read.whole("PORT", { min: 0, max: 65_535 }), 'PORT: "70000" is not a number between 0 and 65535');
    refused(() => read.number("COUNT", { min: 2 }), 'COUNT: "1.5" is not a number of at least 2');
    refused(() => read.whole("COUNT"), 'COUNT: "1.5" is not a whole number');
    refused(() => read.boolean("FAST"), 'FAST: "maybe" is neither true nor false');
    refused(() => read.choice("MODE", ["http", "browser"]), 'MODE: "ftp" is none of http, browser');
    refused(() => read.url("SITE"), 'SITE: "example.org" is not an http address');
    refused(() => read.number("KEY"), 'KEY: "" is not a number');
  });

  it("writes them for another process", () => {
    assert.deepEqual(writeEnvironment(ROWS, { PORT: "1", OTHER: "x" }, { KEY: "k" }), {
      PORT: "1",
      COUNT: "7",
      FAST: "false",
      MODE: "browser",
      SITE: "http://127.0.0.1/",
      KEY: "k",
    });
  });
});
