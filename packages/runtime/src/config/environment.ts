import { readFileSync } from "node:fs";
import { CofferdamError, suggestName } from "../model/index.ts";
import { laneTexts } from "./layers.ts";
import type { Layer, Origin, Written } from "./origin.ts";
import type { Token } from "./readers.ts";
import { LANES_ROW, SETTING_LIST } from "./settings.ts";

/** Variables that are ours but not settings of the runtime. */
export const OTHER_VARIABLES: Readonly<Record<string, string>> = {
  COFFERDAM_CONFIG: "config file to use instead of cofferdam.config.* in the working directory",
  COFFERDAM_TOKEN_FILE: "file with one token per line, optionally after its role and a space; the runtime accepts all of them, a client sends the strongest",
  COFFERDAM_URL: "address of the running runtime, for clients",
  COFFERDAM_SCRATCH: "directory for what a running tree needs on disk, instead of one in the system's temporary directory",
  COFFERDAM_DEBUG: "1: print stacks with errors",
};

/** Who may call the API is for the runtime to know, not for what it runs. */
export function withoutTokens(environment: Readonly<Record<string, string | undefined>>): Readonly<Record<string, string | undefined>> {
  const { COFFERDAM_TOKEN: _token, COFFERDAM_TOKEN_FILE: _file, ...rest } = environment;
  return rest;
}

/** What the runtime itself sets for the jobs' processes: a cofferdam started by a job sees them too. */
const INHERITED: ReadonlySet<string> = new Set(["COFFERDAM_PROGRESS_FD", "COFFERDAM_JOB_ID", "COFFERDAM_ATTEMPT", "COFFERDAM_SCRATCH_DIR"]);

/** Kubernetes describes a Service named "cofferdam" with these; they are not meant for us. */
const SERVICE_LINK = /^COFFERDAM_(SERVICE_HOST|SERVICE_PORT(_[A-Z0-9_]+)?|PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)$/;
const SERVICE_ADDRESS = /^(tcp|udp|sctp):\/\//;

/**
 * Settings from the environment. An empty variable counts as not set.
 * @throws CofferdamError for a COFFERDAM_* variable that nobody knows.
 */
export function environmentLayer(environment: Readonly<Record<string, string | undefined>>, directory: string): Layer {
  const layer = new Map<string, Written>();
  for (const [variable, value] of Object.entries(environment)) {
    if (!variable.startsWith("COFFERDAM_") || value === undefined || value === "" || isForeign(variable, value)) continue;
    for (const [key, written] of readVariable(variable, value, directory)) layer.set(key, written);
  }
  if (environment.COFFERDAM_TOKEN && environment.COFFERDAM_TOKEN_FILE) {
    throw new CofferdamError("invalid_config", "COFFERDAM_TOKEN and COFFERDAM_TOKEN_FILE are both set", { hint: "Keep one of them." });
  }
  return layer;
}

function isForeign(variable: string, value: string): boolean {
  return INHERITED.has(variable) || SERVICE_LINK.test(variable) || (variable === "COFFERDAM_PORT" && SERVICE_ADDRESS.test(value));
}

function readVariable(variable: string, value: string, directory: string): [string, Written][] {
  const origin: Origin = { kind: "environment", variable };
  if (variable === LANES_ROW.variable) return laneTexts(value, origin, directory);
  if (variable === "COFFERDAM_TOKEN") return [["http.tokens", { value: [{ token: value, role: "admin" }], origin, directory }]];
  if (variable === "COFFERDAM_TOKEN_FILE") return [["http.tokens", { value: readTokenFile(value), origin, directory }]];
  const row = SETTING_LIST.find((candidate) => candidate.variable === variable);
  if (row !== undefined) return [[row.key, { value, origin, directory }]];
  if (variable in OTHER_VARIABLES) return [];
  const known = [...SETTING_LIST.flatMap((candidate) => candidate.variable ?? []), LANES_ROW.variable, ...Object.keys(OTHER_VARIABLES)];
  throw new CofferdamError("unknown_option", `${variable}: there is no such environment variable${suggestName(variable, known)}`, {
    hint: "Unset it, or see `cofferdam config` for all of them.",
  });
}

/** One token per line, optionally after its role: "operate s3cr3t…". Without a role it is an admin's. */
export function readTokenFile(file: string): Token[] {
  const tokens = readLines(file).map(toToken);
  if (tokens.length === 0) throw new CofferdamError("invalid_config", `COFFERDAM_TOKEN_FILE: ${file} holds no token`, { hint: "Write one token per line." });
  return tokens;
}

function toToken(line: string): Token {
  const match = /^(?:(read|operate|admin)\s+)?(\S+)$/.exec(line);
  const role = match?.[1];
  return { token: match?.[2] ?? line, role: role === "read" || role === "operate" ? role : "admin" };
}

function readLines(file: string): string[] {
  try {
    return readFileSync(file, "utf8")
      .split(/\r?\n/)
      .map((line) => line.trim())
      .filter((line) => line !== "" && !line.startsWith("#"));
  } catch (error) {
    throw new CofferdamError("invalid_config", `COFFERDAM_TOKEN_FILE: ${file} cannot be read`, { hint: "Check the path and its permissions.", cause: error });
  }
}
