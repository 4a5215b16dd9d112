import { constants } from "node:fs";
import { access, mkdtemp, rm, stat, statfs, writeFile } from "node:fs/promises";
import { availableParallelism, tmpdir, totalmem } from "node:os";
import { dirname, join } from "node:path";
import { findJobModules, type ResolvedConfig } from "../../config/index.ts";
import { probeEnforcement } from "../../governor/index.ts";
import { CofferdamError, formatBytes } from "../../model/index.ts";
import { EXIT } from "../exit-codes.ts";
import type { CommandContext } from "../program.ts";
import { writeJson } from "../terminal.ts";
import { paint, printable, type Style } from "../text.ts";
import { configOf, type JsonOption } from "./options.ts";

type Finding = { readonly name: string; readonly status: "ok" | "warn" | "fail"; readonly detail: string; readonly next: string | null };

const DISK_BYTES_LOW = 256 * 1024 ** 2;
const OPEN_FILES_LOW = 1024;
const MEMORY_BYTES_LOW = 512 * 1024 ** 2;

/** What this machine can enforce, found by doing it once, and what would stop the runtime from working. */
export async function doctor({ terminal }: CommandContext, options: JsonOption & Readonly<Record<string, unknown>>): Promise<number> {
  const { json, ...settings } = options;
  const { config } = await configOf(terminal, settings);
  const { enforcement, notes } = await probeEnforcement(config.tier);
  const findings: Finding[] = [
    ok("node", `Node.js ${process.versions.node}, ${process.platform} ${process.arch}`),
    enforcementFinding(enforcement, config.tier),
    memoryFinding(),
    ...limitFindings(),
    await writableFinding("data directory", config.dataDirectory),
    await writableFinding("temporary directory", tmpdir()),
    await diskFinding(config.dataDirectory),
    await modulesFinding(config),
  ];
  if (json) writeJson(terminal, { enforcement, notes, checks: findings });
  else
    terminal.data(
      [...findings.map((finding) => findingText(finding, terminal.color && process.stdout.isTTY)), ...notes.map((note) => `      note: ${printable(note)}`)].join("\n"),
    );
  return findings.some((finding) => finding.status === "fail") ? EXIT.unexpected : EXIT.ok;
}

const STYLES: Readonly<Record<Finding["status"], Style>> = { ok: "green", warn: "yellow", fail: "red" };

function findingText(finding: Finding, color: boolean): string {
  const head = `${paint(finding.status.padStart(4), STYLES[finding.status], color)}  ${finding.name}: ${printable(finding.detail)}`;
  return finding.next === null ? head : `${head}\n      next: ${printable(finding.next)}`;
}

function ok(name: string, detail: string): Finding {
  return { name, status: "ok", detail, next: null };
}

function enforcementFinding({ tier, memory, pids }: Awaited<ReturnType<typeof probeEnforcement>>["enforcement"], wish: ResolvedConfig["tier"]): Finding {
  const detail = `tier ${tier}, memory ${memory}, pids ${pids}`;
  if (wish !== "auto" && wish !== tier)
    return { name: "enforcement", status: "fail", detail: `${detail}; ${wish} was asked for`, next: "Set tier to auto, or give the process what that tier needs." };
  if (tier !== "scan") return ok("enforcement", detail);
  const next = "Delegate a cgroup, or allow PID namespaces (root, or unprivileged user namespaces), for guarantees by the kernel.";
  return { name: "enforcement", status: "warn", detail: `${detail}: descendants are found by looking, best effort`, next };
}

function memoryFinding(): Finding {
  const constrained = process.constrainedMemory();
  const bytes = constrained > 0 && constrained < totalmem() ? constrained : totalmem();
  const detail = `${formatBytes(bytes)} ${bytes === constrained ? "(limit of this container)" : "of memory"}, ${availableParallelism()} CPUs`;
  if (bytes >= MEMORY_BYTES_LOW) return ok("machine", detail);
  return { name: "machine", status: "warn", detail, next: "Keep budgets and concurrency small: one job module needs 96 MB and more." };
}

/** Limits of this process as Node itself reports them. */
function limitFindings(): Finding[] {
  const report: unknown = process.report.getReport();
  const limits: unknown = typeof report === "object" && report !== null && "userLimits" in report ? report.userLimits : null;
  const openFiles = softLimit(limits, "open_files");
  const processes = softLimit(limits, "max_user_processes");
  const low = openFiles !== null && openFiles < OPEN_FILES_LOW;
  const next = low ? `Raise it: ulimit -n ${OPEN_FILES_LOW * 4}` : null;
  return [
    { name: "open files", status: low ? "warn" : "ok", detail: openFiles === null ? "no limit" : `at most ${openFiles}`, next },
    ok("processes of this user", processes === null ? "no limit" : `at most ${processes}`),
  ];
}

function softLimit(limits: unknown, name: string): number | null {
  const limit: unknown = typeof limits === "object" && limits !== null && name in limits ? Reflect.get(limits, name) : null;
  const soft: unknown = typeof limit === "object" && limit !== null && "soft" in limit ? limit.soft : null;
  return typeof soft === "number" ? soft : null;
}

async function writableFinding(name: string, directory: string): Promise<Finding> {
  const parent = await nearestExisting(directory);
  try {
    await access(parent, constants.W_OK | constants.X_OK);
    const probe = await mkdtemp(join(parent, ".cofferdam-doctor-"));
    await writeFile(join(probe, "probe"), "written");
    await rm(probe, { recursive: true });
    return ok(name, parent === directory ? `${directory} can be written` : `${directory} can be created`);
  } catch (error) {
    return {
      name,
      status: "fail",
      detail: `${parent} cannot be written (${error instanceof Error ? error.message : String(error)})`,
      next: "Name another one, or change its permissions.",
    };
  }
}

async function nearestExisting(directory: string): Promise<string> {
  const found = await stat(directory).catch(() => null);
  if (found !== null || dirname(directory) === directory) return directory;
  return nearestExisting(dirname(directory));
}

async function diskFinding(directory: string): Promise<Finding> {
  const disk = await statfs(await nearestExisting(directory));
  const bytes = disk.bavail * disk.bsize;
  const detail = `${formatBytes(bytes)} free for the data directory`;
  return bytes >= DISK_BYTES_LOW ? ok("disk", detail) : { name: "disk", status: "fail", detail, next: "Free some space: intake is refused when the disk is full." };
}

async function modulesFinding(config: ResolvedConfig): Promise<Finding> {
  try {
    const modules = await findJobModules(config.jobs);
    return modules.length > 0
      ? ok("job modules", `${modules.length} found`)
      : { name: "job modules", status: "warn", detail: "none found", next: "Run `cofferdam init` for an example." };
  } catch (error) {
    const hint = error instanceof CofferdamError ? (error.hint ?? null) : null;
    return { name: "job modules", status: "warn", detail: error instanceof Error ? error.message : String(error), next: hint };
  }
}
