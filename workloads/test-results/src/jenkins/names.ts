// What Jenkins' names and addresses mean. Pure.
import { createHash } from "node:crypto";

export interface ParentAddress {
  /** Of the job, without a build number, ending in "/". */
  readonly jobUrl: string;
  /** Where the module jobs are: everything before `/job/<name>`. */
  readonly base: string;
  readonly build: number | null;
}

/** Reads `…/job/<name>/` or `…/job/<name>/<number>/`; null when it is neither. */
export function parseParentUrl(url: string): ParentAddress | null {
  if (!URL.canParse(url)) return null;
  const { origin, pathname, protocol } = new URL(url);
  if (protocol !== "http:" && protocol !== "https:") return null;
  const match = /^(.*)\/job\/([^/]+)(?:\/(\d+))?\/?$/.exec(pathname);
  if (match === null) return null;
  const [, before = "", name = "", build] = match;
  return { jobUrl: `${origin}${before}/job/${name}/`, base: `${origin}${before}`, build: build === undefined ? null : Number(build) };
}

export function releaseFromUrl(url: string): string | null {
  return /\/QA_Release_([0-9.]+)\//.exec(url.endsWith("/") ? url : `${url}/`)?.[1] ?? null;
}

/** `VER: 6.1.0.123` in a build's display name. */
export function versionOf(displayName: string): string | null {
  return /VER:\s*(\d+\.\d+\.\d+\.\d+)/.exec(displayName)?.[1] ?? null;
}

export function releaseOfVersion(version: string): string {
  return version.split(".").slice(0, 2).join(".");
}

/** @example moduleNameOf("BUSINESS_POLICY_ESXI") === "business_policy" */
export function moduleNameOf(key: string): string {
  const name = key.toLowerCase().replaceAll("-", "_");
  const ending = ["_esxi", "_module_esxi", "_module"].find((each) => name.endsWith(each));
  return ending === undefined ? name : name.slice(0, -ending.length);
}

/** @example moduleJobNameOf("VPN_MODULE_ESXI") === "VPN-MODULE-ESXI" */
export function moduleJobNameOf(key: string): string {
  return key.replaceAll("_", "-");
}

export function moduleUrlOf(base: string, key: string, build: number): string {
  return `${base}/job/${encodeURIComponent(moduleJobNameOf(key))}/${build}/`;
}

export interface KeptArtifact {
  /** As Jenkins lists it. */
  readonly relativePath: string;
  /** Below the job's directory, with forward slashes. */
  readonly target: string;
}

/** `hapy/…/*.order.txt` and `hapy/reports/junit/<topology>/*.xml`; equal names are kept apart. */
export function keptArtifacts(relativePaths: readonly string[]): KeptArtifact[] {
  const used = new Set<string>();
  const kept: KeptArtifact[] = [];
  for (const relativePath of [...new Set(relativePaths)].sort()) {
    const target = targetOf(relativePath);
    if (target === null) continue;
    let free = target;
    for (let copy = 2; used.has(free); copy += 1) free = `${copy}/${target}`;
    used.add(free);
    kept.push({ relativePath, target: free });
  }
  return kept;
}

function targetOf(relativePath: string): string | null {
  const parts = relativePath.split("/");
  if (parts[0] !== "hapy" || parts.some((part) => part === "" || part === "." || part === ".." || part.includes("\\") || part.includes("\0"))) return null;
  const name = parts.at(-1) ?? "";
  if (parts.length >= 2 && name.endsWith(".order.txt")) return name;
  if (parts.length === 5 && parts[1] === "reports" && parts[2] === "junit" && name.endsWith(".xml")) return `junit/${parts[3]}/${name}`;
  return null;
}

/** A file system takes 255; a name may get a short ending of its own. */
const SEGMENT_BYTES_MAX = 240;

/**
 * One segment of a path on our disk: the name as it is, since topologies and kinds of files are read off it.
 * What could lead elsewhere is replaced, what is too long is cut before its ending; then a hash keeps it apart from others.
 */
export function safeSegment(name: string): string {
  const safe = name.replaceAll(/[/\\\p{Cc}]/gu, "_");
  if (safe === name && Buffer.byteLength(name) <= SEGMENT_BYTES_MAX && !/^\.{0,2}$/.test(name)) return name;
  const ending = `-${createHash("sha256").update(name).digest("hex").slice(0, 12)}${/(\.order\.txt|\.xml)?$/.exec(safe)?.[0] ?? ""}`;
  const begin = Buffer.from(safe.slice(0, safe.length - (ending.length - 13))).subarray(0, SEGMENT_BYTES_MAX - ending.length);
  // A character of which only a part was left is none.
  return `${begin.toString("utf8").replace(/\uFFFD+$/, "")}${ending}`;
}
