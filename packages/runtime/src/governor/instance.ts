import { lstatSync, mkdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CofferdamError } from "../model/index.ts";
import { isAlive, readBootId, readPidNamespace, readStat } from "./proc.ts";

/**
 * One running supervisor process, named so that anybody can later tell whether it still lives:
 * `<boot>-<pid namespace>-<pid>-<start ticks>`. Its cgroups, its cookie range and its scratch directory carry the name.
 */
export interface Instance {
  readonly name: string;
  /** Scratch space of every compartment; removed at the end, or by the next start's sweep. */
  readonly directory: string;
  /** First of the 2^20 RLIMIT_LOCKS values that mark our processes. */
  readonly cookieBase: number;
}

const COOKIE_RANGE = 2 ** 20;
const COOKIE_FLOOR = 2 ** 42;

export function createInstance(): Instance {
  const own = readStat(process.pid);
  const name = `${bootTag()}-${readPidNamespace("self") ?? 0}-${process.pid}-${own?.startTicks ?? 0}`;
  const directory = join(instancesDirectory(), name);
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  return { name, directory, cookieBase: cookieBaseOf(name) };
}

/** The private directory of this user that holds all instances. Refused when somebody else made it. */
export function instancesDirectory(): string {
  const uid = process.getuid?.() ?? 0;
  const directory = join(process.env["COFFERDAM_SCRATCH"] ?? tmpdir(), `cofferdam-${uid}`);
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const stat = lstatSync(directory);
  if (!stat.isDirectory() || stat.uid !== uid || (stat.mode & 0o022) !== 0) {
    throw new CofferdamError("launch_failed", `${directory} is not a private directory of this user`, {
      hint: "Remove it, or set COFFERDAM_SCRATCH to a directory that only you can write to.",
    });
  }
  return directory;
}

export function cookieBaseOf(instanceName: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < instanceName.length; index += 1) hash = Math.imul(hash ^ instanceName.charCodeAt(index), 0x01000193) >>> 0;
  return COOKIE_FLOOR + (hash % COOKIE_RANGE) * COOKIE_RANGE;
}

export function isCookieOf(base: number, value: number | null): boolean {
  return value !== null && value >= base && value < base + COOKIE_RANGE;
}

/**
 * `dead`: its process is gone. `foreign`: it belongs to another PID namespace (another container), of which we cannot tell.
 */
export function instanceState(name: string): "alive" | "dead" | "foreign" | "not-an-instance" {
  const match = /^([0-9a-f]{8})-(\d+)-(\d+)-(\d+)$/.exec(name);
  if (match === null) return "not-an-instance";
  if (match[1] !== bootTag()) return "dead";
  if (Number(match[2]) !== (readPidNamespace("self") ?? 0)) return "foreign";
  return isAlive({ pid: Number(match[3]), startTicks: Number(match[4]) }) ? "alive" : "dead";
}

function bootTag(): string {
  return readBootId().replaceAll("-", "").slice(0, 8).padEnd(8, "0");
}
