import { spawn } from "node:child_process";
import { accessSync, constants, mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Enforcement } from "../model/index.ts";
import { NO_CGROUPS, removeDirectory, tryWrite, type CgroupRoots } from "./cgroup.ts";
import { readSmallFile } from "./proc.ts";

/** What this machine lets us do. Every line was found by doing it once, never by assuming. */
export interface Capabilities {
  readonly enforcement: Enforcement;
  readonly cgroups: CgroupRoots;
  /** How a PID namespace can be had. */
  readonly pidNamespace: "root" | "user" | null;
  readonly setpriv: string | null;
  readonly unshare: string | null;
  readonly nice: string | null;
  /** The shell's `ulimit` flag for the rlimit cookie. */
  readonly cookieFlag: "w" | "x" | null;
  /** Why the tier is what it is, one line each. */
  readonly notes: readonly string[];
}

export type TierWish = "auto" | "cgroup" | "pidns" | "scan";

const PROBE_TIMEOUT_MS = 5000;

/** Tries each mechanism once. Takes about 20 ms. */
export async function probeCapabilities(wish: TierWish): Promise<Capabilities> {
  const notes: string[] = [];
  const setpriv = findProgram("setpriv");
  const unshare = findProgram("unshare");
  const cgroups = wish === "auto" || wish === "cgroup" ? probeCgroups(notes) : NO_CGROUPS;
  const pidNamespace = wish === "auto" || wish === "pidns" ? await probePidNamespace(unshare, notes) : null;
  const cookieFlag = await probeCookie();
  if (cookieFlag === null) notes.push("rlimit cookie: the shell's ulimit has no flag for file locks; the census uses parents, sessions and groups only");
  if (setpriv === null) notes.push("setpriv is not installed: a worker is not ended by the kernel when its supervisor is killed (util-linux has it)");
  const guaranteed = cgroups.v2 !== null || cgroups.v1Pids !== null;
  const tier = guaranteed ? "cgroup" : pidNamespace !== null ? "pidns" : "scan";
  if (wish !== "auto" && wish !== tier) notes.push(`tier ${wish} was asked for but is not available here: ${tier} is used`);
  return {
    enforcement: {
      tier,
      memory: cgroups.v1Memory !== null || cgroups.v2Memory ? "kernel" : "polled",
      pids: cgroups.v1Pids !== null || cgroups.v2Pids ? "kernel" : "polled",
    },
    cgroups,
    pidNamespace,
    setpriv,
    unshare,
    nice: findProgram("nice"),
    cookieFlag,
    notes,
  };
}

/** The short answer for `doctor` and /healthz. */
export async function probeEnforcement(wish: TierWish): Promise<{ readonly enforcement: Enforcement; readonly notes: readonly string[] }> {
  const { enforcement, notes } = await probeCapabilities(wish);
  return { enforcement, notes };
}

export function findProgram(name: string, path = process.env["PATH"] ?? "/usr/bin:/bin"): string | null {
  for (const directory of path.split(":")) {
    if (directory === "") continue;
    const candidate = join(directory, name);
    try {
      accessSync(candidate, constants.X_OK);
      return candidate;
    } catch {
      // not here: look in the next directory
    }
  }
  return null;
}

function probeCgroups(notes: string[]): CgroupRoots {
  const own = readSmallFile("/proc/self/cgroup");
  const mounts = readSmallFile("/proc/self/mounts");
  if (own === null || mounts === null) {
    notes.push("cgroup: this system has none");
    return NO_CGROUPS;
  }
  const v2 = tryRoot(ownDirectory(own, mounts, null), "cgroup.kill", "cgroup v2", notes);
  const v1Memory = tryRoot(ownDirectory(own, mounts, "memory"), "memory.limit_in_bytes", "cgroup v1 memory", notes);
  const v1Pids = tryRoot(ownDirectory(own, mounts, "pids"), "pids.max", "cgroup v1 pids", notes);
  const controllers = v2 === null ? [] : enabledControllers(v2, notes);
  return { v2, v2Memory: v1Memory === null && controllers.includes("memory"), v2Pids: v1Pids === null && controllers.includes("pids"), v1Memory, v1Pids };
}

/** The directory of our own cgroup in one hierarchy (`controller` null: v2). We never leave our own subtree: the container's limits stay above us. */
function ownDirectory(own: string, mounts: string, controller: string | null): string | null {
  for (const line of own.split("\n")) {
    const [id, names, ...path] = line.split(":");
    const matches = controller === null ? id === "0" && names === "" : (names ?? "").split(",").includes(controller);
    if (!matches) continue;
    const mount = findMount(mounts, controller);
    return mount === null ? null : join(mount, path.join(":"));
  }
  return null;
}

function findMount(mounts: string, controller: string | null): string | null {
  for (const line of mounts.split("\n")) {
    const [, directory, type, options] = line.split(" ");
    if (controller === null && type === "cgroup2") return directory ?? null;
    if (controller !== null && type === "cgroup" && (options ?? "").split(",").includes(controller)) return directory ?? null;
  }
  return null;
}

function tryRoot(directory: string | null, neededFile: string, name: string, notes: string[]): string | null {
  if (directory === null) {
    notes.push(`${name}: not mounted`);
    return null;
  }
  const probe = join(directory, `cofferdam-probe-${process.pid}`);
  try {
    mkdirSync(probe);
  } catch (error) {
    notes.push(`${name}: no cgroup can be made below our own (${errorCode(error)})`);
    return null;
  }
  try {
    accessSync(join(probe, neededFile), constants.W_OK);
    return directory;
  } catch {
    notes.push(`${name}: ${neededFile} is not there or not writable`);
    return null;
  } finally {
    removeDirectory(probe);
  }
}

/** Controllers that children of this v2 cgroup can use, after asking for memory and pids. */
function enabledControllers(directory: string, notes: string[]): readonly string[] {
  const offered = (readSmallFile(join(directory, "cgroup.controllers")) ?? "").trim().split(" ");
  for (const controller of ["memory", "pids"]) {
    if (!offered.includes(controller)) notes.push(`cgroup v2: the ${controller} controller is not delegated to us`);
    else if (!tryWrite(join(directory, "cgroup.subtree_control"), `+${controller}`))
      notes.push(`cgroup v2: the ${controller} controller cannot be enabled below our own cgroup (it has processes of its own; start Cofferdam in a leaf)`);
  }
  return (readSmallFile(join(directory, "cgroup.subtree_control")) ?? "").trim().split(" ");
}

async function probePidNamespace(unshare: string | null, notes: string[]): Promise<"root" | "user" | null> {
  if (unshare === null) {
    notes.push("pid namespace: unshare is not installed (util-linux has it)");
    return null;
  }
  if (process.getuid?.() === 0 && (await succeeds(unshare, ["--pid", "--fork", "--kill-child=KILL", "--mount-proc", "--", "true"]))) return "root";
  if (await succeeds(unshare, ["--user", "--map-current-user", "--pid", "--fork", "--kill-child=KILL", "--mount-proc", "--", "true"])) return "user";
  notes.push("pid namespace: the kernel or a security profile refuses it");
  return null;
}

async function probeCookie(): Promise<"w" | "x" | null> {
  if (await succeeds("/bin/sh", ["-c", 'ulimit -w 4398046511104 && grep -q "Max file locks *4398046511104 " /proc/self/limits'])) return "w";
  if (await succeeds("/bin/sh", ["-c", 'ulimit -x 4398046511104 && grep -q "Max file locks *4398046511104 " /proc/self/limits'])) return "x";
  return null;
}

function succeeds(program: string, args: readonly string[]): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn(program, args, { stdio: "ignore", timeout: PROBE_TIMEOUT_MS, killSignal: "SIGKILL" });
    child.once("error", () => resolve(false));
    child.once("exit", (code) => resolve(code === 0));
  });
}

function errorCode(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : String(error);
}
