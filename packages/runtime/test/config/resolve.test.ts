import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, it } from "node:test";
import fc from "fast-check";
import { CofferdamError } from "../../src/model/index.ts";
import { configRows, resolveConfig, resolveOptions, runtimeOptionsOf, type ConfigSources } from "../../src/config/index.ts";

const machine = { cpus: 4, directory: "/srv/app" };
const file = (value: unknown) => ({ file: "/srv/app/ops/cofferdam.config.ts", value });

function resolveWith(sources: Partial<ConfigSources>) {
  return resolveConfig({ flags: {}, env: {}, file: null, machine, ...sources });
}

function refusal(sources: Partial<ConfigSources>): CofferdamError {
  try {
    resolveWith(sources);
  } catch (error) {
    if (error instanceof CofferdamError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}

describe("layers", () => {
  it("gives a complete config from nothing", () => {
    const { config } = resolveWith({});
    assert.equal(config.dataDirectory, "/srv/app/.cofferdam");
    assert.deepEqual(config.jobs, ["/srv/app/jobs"]);
    assert.deepEqual(config.lanes, [
      { name: "default", concurrency: 4, memoryBytes: null },
      { name: "high-memory", concurrency: 1, memoryBytes: null },
    ]);
    assert.deepEqual(config.http, { host: "127.0.0.1", port: 7070, tokens: [], allowedHosts: [], app: null });
    assert.equal(config.drainTimeoutMs, 30_000);
    assert.equal(config.exec.budget.memoryBytes, null);
    assert.ok(!JSON.stringify(config).includes("undefined"));
  });

  it("lets the file win over defaults, the environment over the file, flags over all", () => {
    const layers = { file: file({ http: { port: 1 } }), env: { COFFERDAM_PORT: "2" }, flags: { "http.port": "3" } };
    assert.equal(resolveWith({ file: layers.file }).config.http?.port, 1);
    assert.equal(resolveWith({ file: layers.file, env: layers.env }).config.http?.port, 2);
    const all = resolveWith(layers);
    assert.equal(all.config.http?.port, 3);
    assert.deepEqual(all.origins.get("http.port"), { kind: "flag", flag: "--port" });
    assert.deepEqual(all.origins.get("http.host"), { kind: "default" });
  });

  it("merges lanes by name", () => {
    const { config, origins } = resolveWith({
      file: file({ lanes: { default: { concurrency: 9 }, browsers: { concurrency: 1 }, "high-memory": { memory: "2GB" } } }),
      env: { COFFERDAM_LANES: "browsers=2, big=0" },
    });
    assert.deepEqual(config.lanes, [
      { name: "default", concurrency: 9, memoryBytes: null },
      { name: "high-memory", concurrency: 1, memoryBytes: 2 * 1024 ** 3 },
      { name: "browsers", concurrency: 2, memoryBytes: null },
      { name: "big", concurrency: 0, memoryBytes: null },
    ]);
    assert.deepEqual(origins.get("lanes.browsers"), { kind: "environment", variable: "COFFERDAM_LANES" });
  });

  it("resolves the file's paths against the file and all others against the working directory", () => {
    const { config } = resolveWith({ file: file({ dataDir: "./data" }), env: { COFFERDAM_JOBS: "a,b/c" } });
    assert.equal(config.dataDirectory, "/srv/app/ops/data");
    assert.deepEqual(config.jobs, ["/srv/app/a", "/srv/app/b/c"]);
  });

  it("turns the API off and on again", () => {
    assert.equal(resolveWith({ file: file({ http: false }) }).config.http, null);
    assert.equal(resolveWith({ file: file({ http: false }), env: { COFFERDAM_HTTP: "on" } }).config.http?.port, 7070);
    assert.equal(resolveWith({ flags: { http: false } }).config.http, null);
  });

  it("reads exec budgets from file, environment and flags, and lifts them by none", () => {
    const sources = { file: file({ exec: { memory: "512MB", pids: 10, grace: "1s" } }), env: { COFFERDAM_EXEC_MEMORY: "none" }, flags: { "exec.time": "5m" } };
    const { exec } = resolveWith(sources).config;
    assert.deepEqual(exec, { budget: { memoryBytes: null, pids: 10, timeMs: 300_000, stallMs: null, blockMs: null, outputBytes: null }, graceMs: 1000 });
  });

  it("counts an empty variable as not set and leaves Kubernetes and inherited ones alone", () => {
    const env = {
      COFFERDAM_HOST: "",
      COFFERDAM_PORT: "tcp://10.0.0.7:7070",
      COFFERDAM_PORT_7070_TCP_ADDR: "10.0.0.7",
      COFFERDAM_SERVICE_HOST: "10.0.0.7",
      COFFERDAM_PROGRESS_FD: "3",
    };
    assert.equal(resolveWith({ env }).config.http?.port, 7070);
  });

  it("gives the same config again through startRuntime's options", () => {
    const text = fc.record(
      {
        dataDir: fc.constantFrom("./x", "/abs/y"),
        http: fc.oneof(fc.constant(false as const), fc.record({ port: fc.integer({ min: 0, max: 65_535 }), host: fc.constantFrom("127.0.0.1", "::1") })),
        lanes: fc.dictionary(fc.stringMatching(/^[a-z][a-z0-9.-]{0,20}$/), fc.record({ concurrency: fc.integer({ min: 1, max: 1000 }) })),
        drainTimeout: fc.oneof(fc.integer({ min: 1, max: 1e9 }), fc.constantFrom("5s", "1m30s")),
        workerNice: fc.integer({ min: 0, max: 19 }),
        retention: fc.record({ succeeded: fc.constantFrom("1h", "90d") }),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(text, (options) => {
        const config = resolveOptions(options, machine);
        assert.deepEqual(resolveOptions(runtimeOptionsOf(config), machine), config);
        assert.deepEqual(resolveWith({ file: { file: "/srv/app/cofferdam.config.ts", value: options } }).config, config);
      }),
    );
  });
});

describe("what is refused", () => {
  const wrong: [string, Partial<ConfigSources>, string, RegExp][] = [
    ["an unknown key", { file: file({ drainTimeuot: "1s" }) }, "invalid_config", /drainTimeuot in .*config\.ts.*did you mean "drainTimeout"/],
    ["an unknown key in a section", { file: file({ http: { prot: 1 } }) }, "invalid_config", /http\.prot.*did you mean "http\.port"/],
    ["an unknown key in a lane", { file: file({ lanes: { a: { concurency: 1 } } }) }, "invalid_config", /lanes\.a.*did you mean "concurrency"/],
    ["a config that is a list", { file: file([]) }, "invalid_config", /config\.ts.*is not an object/],
    ["a section that is a text", { file: file({ http: "yes" }) }, "invalid_config", /http in .*is not an object/],
    ["a section that is false", { file: file({ retention: false }) }, "invalid_config", /retention in .*is not an object/],
    ["an unknown variable", { env: { COFFERDAM_PROT: "1" } }, "invalid_config", /COFFERDAM_PROT.*did you mean "COFFERDAM_PORT"/],
    ["a port that is none", { env: { COFFERDAM_PORT: "http" } }, "invalid_config", /^COFFERDAM_PORT: "http"/],
    ["a port out of range", { flags: { "http.port": "65536" } }, "invalid_option", /^--port: 65536 is more than 65535/],
    ["an unknown tier", { flags: { tier: "cgruop" } }, "invalid_option", /^--tier: .*did you mean "cgroup"/],
    ["an unknown flag", { flags: { "http.prot": "1" } }, "unknown_option", /http\.port/],
    ["a budget of zero", { env: { COFFERDAM_EXEC_MEMORY: "0" } }, "invalid_config", /^COFFERDAM_EXEC_MEMORY: "0" is not a size/],
    ["a budget that is no number", { file: file({ exec: { memory: Number.NaN } }) }, "invalid_config", /exec\.memory in .*NaN is not a size/],
    ["a negative budget", { flags: { "exec.time": "-5s" } }, "invalid_option", /^--time: "-5s" is not a duration/],
    ["a fraction of a process", { flags: { "exec.pids": "1.5" } }, "invalid_option", /^--pids: "1\.5"/],
    ["a budget that is an object", { file: file({ exec: { pids: {} } }) }, "invalid_config", /exec\.pids in .*neither a text nor a number/],
    ["lanes that are no lanes", { env: { COFFERDAM_LANES: "a" } }, "invalid_config", /^COFFERDAM_LANES: "a" is not name=concurrency/],
    ["a lane with a bad name", { flags: { lanes: "a b=1" } }, "invalid_option", /^--lane: "a b" is not a lane name/],
    ["a lane that runs less than nothing", { env: { COFFERDAM_LANES: "a=-1" } }, "invalid_config", /^COFFERDAM_LANES: "-1"/],
    ["a lane's memory that is no size", { file: file({ lanes: { a: { memory: "much" } } }) }, "invalid_config", /lanes\.a .*memory: "much"/],
    ["two tokens by environment", { env: { COFFERDAM_TOKEN: "x".repeat(20), COFFERDAM_TOKEN_FILE: "/dev/null" } }, "invalid_config", /TOKEN/],
    ["a token file that is missing", { env: { COFFERDAM_TOKEN_FILE: "/nowhere/token" } }, "invalid_config", /\/nowhere\/token cannot be read/],
    ["jobs on another machine", { file: file({ jobs: ["https://example.org/job.ts"] }) }, "invalid_config", /not on this machine/],
    ["jobs that are no list", { file: file({ jobs: 7 }) }, "invalid_config", /not a list of paths/],
  ];
  for (const [name, sources, code, message] of wrong) {
    it(name, () => {
      const error = refusal(sources);
      assert.equal(error.code, code);
      assert.match(error.message, message);
      assert.ok(error.hint, "it says what to do");
    });
  }

  it("a token that is too short, without printing it", () => {
    const error = refusal({ env: { COFFERDAM_TOKEN: "tiny-secret" } });
    assert.equal(error.code, "invalid_config");
    assert.ok(!`${error.message} ${error.hint}`.includes("tiny-secret"));
  });

  it("any text at all, by refusing it or by a complete config", () => {
    fc.assert(
      fc.property(
        fc.constantFrom("COFFERDAM_EXEC_MEMORY", "COFFERDAM_EXEC_TIME", "COFFERDAM_DRAIN_TIMEOUT", "COFFERDAM_PORT", "COFFERDAM_LANES"),
        fc.string(),
        (variable, value) => {
          try {
            const { config } = resolveWith({ env: { [variable]: value } });
            const { memoryBytes, timeMs } = config.exec.budget;
            assert.ok((memoryBytes ?? 1) > 0 && (timeMs ?? 1) > 0 && config.drainTimeoutMs > 0);
          } catch (error) {
            assert.ok(error instanceof CofferdamError && error.code === "invalid_config", String(error));
          }
        },
      ),
    );
  });
});

describe("describing", () => {
  it("names the origin of every setting and never shows a token", () => {
    const token = "0123456789abcdef0123";
    const rows = configRows(resolveWith({ env: { COFFERDAM_TOKEN: token }, file: file({ drainTimeout: "90s" }) }));
    assert.deepEqual(
      rows.find((row) => row.key === "drainTimeout"),
      { key: "drainTimeout", value: "1 min 30 s", origin: join("/srv/app/ops", "cofferdam.config.ts") },
    );
    assert.equal(rows.find((row) => row.key === "http.tokens")?.origin, "COFFERDAM_TOKEN");
    assert.ok(!JSON.stringify(rows).includes(token));
  });
});
