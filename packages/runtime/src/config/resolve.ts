import { availableParallelism } from "node:os";
import { dirname, resolve } from "node:path";
import { CofferdamError, DEFAULT_LANE, HIGH_MEMORY_LANE, type Budget, type Fault, type SizeGuard } from "../model/index.ts";
import type { LogLevel } from "../platform/index.ts";
import type { ChaosOptions, HealingOptions, RuntimeOptions } from "../runtime-types.ts";
import { environmentLayer } from "./environment.ts";
import type { ConfigFile } from "./file.ts";
import { flagLayer, objectLayer } from "./layers.ts";
import { placeText, type Layer, type Origin, type Written } from "./origin.ts";
import { laneConcurrencyDefault, readLane, type Reader, type Token, type WrittenLane } from "./readers.ts";
import { LANES_ROW, SETTINGS, type Setting } from "./settings.ts";

export type { Token };

export interface ResolvedHttp {
  readonly host: string;
  readonly port: number;
  readonly tokens: readonly Token[];
  readonly allowedHosts: readonly string[];
  readonly app: string | null;
}

/** null: found out on the machine that it runs on. */
export interface ResolvedMemory {
  readonly limitBytes: number | null;
  readonly marginBytes: number | null;
  readonly reservationBytes: number;
  readonly gate: boolean;
  readonly bypassMax: number;
  readonly bypassMs: number;
}

/** Faults for as long as the runtime lives. */
export interface ResolvedChaos {
  readonly rate: number;
  readonly faults: readonly Fault[];
  readonly type: string | null;
  readonly force: boolean;
}

export interface ResolvedHealing {
  readonly windowMs: number;
  readonly minimum: number;
  /** 0 to 1. */
  readonly share: number;
  readonly cooldownMs: number;
  readonly observeMs: number;
}

/** Every setting, with nothing left open. Paths are absolute. */
export interface ResolvedConfig {
  readonly dataDirectory: string;
  readonly jobs: readonly string[];
  readonly lanes: readonly ({ readonly name: string } & WrittenLane)[];
  readonly http: ResolvedHttp | null;
  readonly inputBytesMax: number;
  readonly sizeGuard: SizeGuard;
  readonly laneBacklogMax: number;
  readonly drainTimeoutMs: number;
  readonly recycleAfter: number;
  readonly recycleGrowthBytes: number;
  readonly retention: { readonly succeededMs: number; readonly failedMs: number };
  readonly memory: ResolvedMemory;
  readonly release: string | null;
  /** null: nothing ever trips. */
  readonly healing: ResolvedHealing | null;
  readonly predictRouting: boolean;
  /** Whether real work is done here. */
  readonly production: boolean;
  /** null: none. */
  readonly chaos: ResolvedChaos | null;
  readonly workerNice: number;
  readonly tier: "auto" | "cgroup" | "pidns" | "scan";
  readonly logLevel: LogLevel;
  readonly exec: { readonly budget: Budget; readonly graceMs: number };
}

/** What the defaults depend on. */
export interface Machine {
  readonly cpus: number;
  readonly directory: string;
  /** Left out: the process's own. */
  readonly nodeEnv?: string | undefined;
}

export interface ConfigSources {
  /** By setting key, as commander gave them; undefined is not written. */
  readonly flags: Readonly<Record<string, unknown>>;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly file: ConfigFile | null;
  readonly machine?: Machine;
}

export interface Resolution {
  readonly config: ResolvedConfig;
  /** Setting key to where its value was written. */
  readonly origins: ReadonlyMap<string, Origin>;
}

/**
 * Defaults, then the config file, then the environment, then flags: the last one that says something wins.
 * @throws CofferdamError `invalid_option`, `unknown_option` (flags), `invalid_config` (file, environment), naming the place.
 */
export function resolveConfig(sources: ConfigSources): Resolution {
  const machine = sources.machine ?? thisMachine();
  const { file } = sources;
  const layers = [
    asConfigError(() => (file === null ? new Map() : objectLayer(file.value, { kind: "file", file: file.file }, dirname(file.file)))),
    asConfigError(() => environmentLayer(sources.env, machine.directory)),
    flagLayer(sources.flags, machine.directory),
  ];
  return resolveLayers(layers, machine);
}

/** For the library's door: only defaults and what the caller wrote. */
export function resolveOptions(options: RuntimeOptions, machine: Machine = thisMachine()): ResolvedConfig {
  return resolveLayers([objectLayer(options, { kind: "options" }, machine.directory)], machine).config;
}

function thisMachine(): Machine {
  return { cpus: availableParallelism(), directory: process.cwd(), nodeEnv: process.env["NODE_ENV"] };
}

function resolveLayers(layers: readonly Layer[], machine: Machine): Resolution {
  const written = new Map<string, Written>();
  for (const layer of layers) for (const [key, value] of layer) written.set(key, value);
  const origins = new Map<string, Origin>();
  const take = <Value>(row: Setting<Value>): Value => {
    const found = written.get(row.key);
    origins.set(row.key, found?.origin ?? { kind: "default" });
    return found === undefined ? row.fallback : read(row.read, row.key, found);
  };
  const config = build(take, takeLanes(written, origins, machine), machine);
  refuseChaosInProduction(config, origins);
  return { config, origins };
}

/** Said when it starts, not when the first job has been hit. */
function refuseChaosInProduction({ chaos, production }: ResolvedConfig, origins: ReadonlyMap<string, Origin>): void {
  if (chaos === null || !production || chaos.force) return;
  const place = placeText(SETTINGS.chaosRate.key, origins.get(SETTINGS.chaosRate.key) ?? { kind: "default" });
  throw new CofferdamError("invalid_config", `${place}: this is production, faults would hit real work`, {
    hint: "Leave it out here; or set production to off, or chaos.force to on, if that is what you want.",
  });
}

function build(take: <Value>(row: Setting<Value>) => Value, lanes: ResolvedConfig["lanes"], machine: Machine): ResolvedConfig {
  const enabled = take(SETTINGS.http);
  const http: ResolvedHttp = {
    host: take(SETTINGS.host),
    port: take(SETTINGS.port),
    tokens: take(SETTINGS.tokens),
    allowedHosts: take(SETTINGS.allowedHosts),
    app: take(SETTINGS.app),
  };
  return {
    dataDirectory: resolve(machine.directory, take(SETTINGS.dataDir)),
    jobs: take(SETTINGS.jobs).map((path) => resolve(machine.directory, path)),
    lanes,
    http: enabled ? http : null,
    inputBytesMax: take(SETTINGS.inputMax),
    sizeGuard: { bytesMax: take(SETTINGS.sizeGuardMax), action: take(SETTINGS.sizeGuardAction) },
    laneBacklogMax: take(SETTINGS.laneBacklogMax),
    drainTimeoutMs: take(SETTINGS.drainTimeout),
    recycleAfter: take(SETTINGS.recycleAfter),
    recycleGrowthBytes: take(SETTINGS.recycleGrowth),
    retention: { succeededMs: take(SETTINGS.retentionSucceeded), failedMs: take(SETTINGS.retentionFailed) },
    memory: {
      limitBytes: take(SETTINGS.memoryLimit),
      marginBytes: take(SETTINGS.memoryMargin),
      reservationBytes: take(SETTINGS.memoryReservation),
      gate: take(SETTINGS.memoryGate),
      bypassMax: take(SETTINGS.memoryBypassMax),
      bypassMs: take(SETTINGS.memoryBypassTime),
    },
    release: take(SETTINGS.release),
    healing: takeHealing(take),
    predictRouting: take(SETTINGS.predictRouting),
    production: take(SETTINGS.production) ?? machine.nodeEnv === "production",
    chaos: takeChaos(take),
    workerNice: take(SETTINGS.workerNice),
    tier: take(SETTINGS.tier),
    logLevel: take(SETTINGS.logLevel),
    exec: {
      budget: {
        memoryBytes: take(SETTINGS.execMemory),
        pids: take(SETTINGS.execPids),
        timeMs: take(SETTINGS.execTime),
        stallMs: take(SETTINGS.execStall),
        // A command has no event loop that we could watch.
        blockMs: null,
        outputBytes: take(SETTINGS.execOutput),
      },
      graceMs: take(SETTINGS.execGrace),
    },
  };
}

function takeChaos(take: <Value>(row: Setting<Value>) => Value): ResolvedChaos | null {
  const chaos: ResolvedChaos = { rate: take(SETTINGS.chaosRate), faults: take(SETTINGS.chaosFaults), type: take(SETTINGS.chaosType), force: take(SETTINGS.chaosForce) };
  return chaos.rate > 0 ? chaos : null;
}

function takeHealing(take: <Value>(row: Setting<Value>) => Value): ResolvedHealing | null {
  const healing: ResolvedHealing = {
    windowMs: take(SETTINGS.healingWindow),
    minimum: take(SETTINGS.healingMinimum),
    share: take(SETTINGS.healingShare) / 100,
    cooldownMs: take(SETTINGS.healingCooldown),
    observeMs: take(SETTINGS.healingObserve),
  };
  return take(SETTINGS.healing) ? healing : null;
}

function takeLanes(written: ReadonlyMap<string, Written>, origins: Map<string, Origin>, machine: Machine): ResolvedConfig["lanes"] {
  const lanes = new Map<string, WrittenLane>([
    [DEFAULT_LANE, { concurrency: laneConcurrencyDefault(machine.cpus), memoryBytes: null }],
    [HIGH_MEMORY_LANE, { concurrency: 1, memoryBytes: null }],
  ]);
  for (const name of lanes.keys()) origins.set(`${LANES_ROW.key}.${name}`, { kind: "default" });
  for (const [key, found] of written) {
    if (!key.startsWith(`${LANES_ROW.key}.`)) continue;
    const name = key.slice(LANES_ROW.key.length + 1);
    lanes.set(name, read(readLane(name === HIGH_MEMORY_LANE ? 1 : laneConcurrencyDefault(machine.cpus)), key, found));
    origins.set(key, found.origin);
  }
  return [...lanes].map(([name, { concurrency, memoryBytes }]) => ({ name, concurrency, memoryBytes }));
}

function read<Value>(reader: Reader<Value>, key: string, found: Written): Value {
  const attempt = () => reader(found.value, { name: placeText(key, found.origin), directory: found.directory });
  return found.origin.kind === "file" || found.origin.kind === "environment" ? asConfigError(attempt) : attempt();
}

/** The same message, but the configuration's fault: the exit code is another. */
function asConfigError<Value>(action: () => Value): Value {
  try {
    return action();
  } catch (error) {
    if (!(error instanceof CofferdamError) || error.code === "invalid_config") throw error;
    throw new CofferdamError("invalid_config", error.message, { cause: error, ...(error.hint === undefined ? {} : { hint: error.hint }) });
  }
}

/** The same settings as options for `startRuntime`. Resolving them again gives the same config, except for exec. */
export function runtimeOptionsOf(config: ResolvedConfig): RuntimeOptions {
  return {
    dataDir: config.dataDirectory,
    jobs: config.jobs,
    lanes: Object.fromEntries(config.lanes.map((lane) => [lane.name, { concurrency: lane.concurrency, ...(lane.memoryBytes === null ? {} : { memory: lane.memoryBytes }) }])),
    http: config.http ?? false,
    inputMax: config.inputBytesMax,
    sizeGuard: { max: config.sizeGuard.bytesMax, action: config.sizeGuard.action },
    laneBacklogMax: config.laneBacklogMax,
    drainTimeout: config.drainTimeoutMs,
    recycleAfter: config.recycleAfter,
    recycleGrowth: config.recycleGrowthBytes,
    retention: { succeeded: config.retention.succeededMs, failed: config.retention.failedMs },
    memory: {
      limit: config.memory.limitBytes ?? "none",
      margin: config.memory.marginBytes ?? "none",
      reservation: config.memory.reservationBytes,
      gate: config.memory.gate,
      bypassMax: config.memory.bypassMax,
      bypassTime: config.memory.bypassMs,
    },
    ...(config.release === null ? {} : { release: config.release }),
    healing: config.healing === null ? false : writtenHealing(config.healing),
    predictRouting: config.predictRouting,
    production: config.production,
    ...(config.chaos === null ? {} : { chaos: writtenChaos(config.chaos) }),
    workerNice: config.workerNice,
    tier: config.tier,
    logLevel: config.logLevel,
  };
}

function writtenChaos({ rate, faults, type, force }: ResolvedChaos): ChaosOptions {
  return { rate, faults, force, ...(type === null ? {} : { type }) };
}

function writtenHealing({ windowMs, minimum, share, cooldownMs, observeMs }: ResolvedHealing): HealingOptions {
  return { window: windowMs, minimum, share: Math.round(share * 100), cooldown: cooldownMs, observe: observeMs };
}
