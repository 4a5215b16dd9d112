import { createHash } from "node:crypto";
import { messageOf, WorkError } from "../errors.ts";
import { build, buildList, buildMap, environmentOf, executedAtOf, type Build } from "./answers.ts";
import type { JenkinsClient } from "./client.ts";
import { keptArtifacts, moduleNameOf, moduleUrlOf, parseParentUrl, releaseOfVersion, versionOf, type KeptArtifact, type ParentAddress } from "./names.ts";

/** One module of a parent build, ready to be fetched. */
export interface ModuleBuild {
  readonly key: string;
  readonly module: string;
  readonly release: string;
  readonly job: string;
  readonly url: string;
  readonly version: string | null;
  readonly executedAt: string;
  readonly environment: "prod" | "staging";
  readonly artifacts: readonly KeptArtifact[];
  /** Of the list of artifacts: unchanged means that nothing has to be fetched to know it. */
  readonly listingDigest: string;
}

export type DiscoveredModule =
  | { readonly kind: "found"; readonly module: ModuleBuild }
  | { readonly kind: "running"; readonly key: string; readonly module: string; readonly job: string }
  /** Jenkins has the module's job, but not this build of it any more. */
  | { readonly kind: "gone"; readonly key: string; readonly module: string; readonly job: string }
  | { readonly kind: "failed"; readonly key: string; readonly module: string; readonly job: string; readonly error: string; readonly code: string };

export interface Discovery {
  readonly parent: {
    readonly jobUrl: string;
    readonly url: string;
    readonly number: number;
    readonly version: string | null;
    readonly release: string | null;
    readonly running: boolean;
    /** Whether it said which modules it has; a build that was aborted early never will. */
    readonly hasMap: boolean;
  };
  readonly modules: readonly DiscoveredModule[];
}

export interface DiscoveryRequest {
  readonly jobUrl: string;
  readonly release: string | null;
  /** Only these keys of the build map; all when null. */
  readonly keys: readonly string[] | null;
}

const BUILD_TREE = "tree=displayName,url,number,result,timestamp&tree=actions[parameters[name,value]]&tree=artifacts[relativePath,fileName]";

/** What one parent build consists of. A module that cannot be asked is reported beside the others. */
export async function discoverBuild(client: JenkinsClient, request: DiscoveryRequest, onModule: (done: number, total: number) => void): Promise<Discovery> {
  const address = parseParentUrl(request.jobUrl);
  if (address === null) throw new WorkError("usage", `${request.jobUrl} is not the address of a Jenkins job or build`);
  const number = address.build ?? (await latestBuild(client, address));
  const url = `${address.jobUrl}${number}/`;
  const parent = await client.json(apiUrl(url), build);
  const version = versionOf(parent.displayName ?? "");
  const release = version === null ? request.release : releaseOfVersion(version);
  const running = parent.result === null || parent.result === undefined;
  const found = await readBuildMap(client, url, parent);
  const map = found ?? {};
  const keys = Object.keys(map).filter((key) => request.keys === null || request.keys.includes(key));
  const modules: DiscoveredModule[] = [];
  for (const key of keys) {
    modules.push(await discoverModule(client, { address, key, number: map[key] ?? 0, version, release }));
    onModule(modules.length, keys.length);
  }
  return { parent: { jobUrl: address.jobUrl, url, number, version, release, running, hasMap: found !== null }, modules };
}

async function latestBuild(client: JenkinsClient, address: ParentAddress): Promise<number> {
  const numbers = await listBuilds(client, address.jobUrl, 1);
  const latest = numbers[0];
  if (latest === undefined) throw new WorkError("not_found", `${address.jobUrl} has no builds`);
  return latest;
}

/** Newest first, as Jenkins gives them. */
export async function listBuilds(client: JenkinsClient, jobUrl: string, limit: number): Promise<number[]> {
  const { builds } = await client.json(`${jobUrl}api/json?tree=builds[number]{0,${limit}}`, buildList);
  return builds.map(({ number }) => number);
}

async function readBuildMap(client: JenkinsClient, url: string, parent: Build): Promise<Record<string, number> | null> {
  const artifact = (parent.artifacts ?? []).find((each) => each.relativePath.split("/").at(-1) === "build_map.json");
  if (artifact === undefined) return null;
  return await client.json(artifactUrl(url, artifact.relativePath), buildMap);
}

interface ModuleRequest {
  readonly address: ParentAddress;
  readonly key: string;
  readonly number: number;
  readonly version: string | null;
  readonly release: string | null;
}

async function discoverModule(client: JenkinsClient, { address, key, number, version, release }: ModuleRequest): Promise<DiscoveredModule> {
  const module = moduleNameOf(key);
  const job = String(number);
  const url = moduleUrlOf(address.base, key, number);
  try {
    const found = await client.json(apiUrl(url), build);
    if (found.result === null || found.result === undefined) return { kind: "running", key, module, job };
    const own = versionOf(found.displayName ?? "") ?? version;
    const name = own === null ? release : releaseOfVersion(own);
    if (name === null) throw new WorkError("usage", `no release can be derived for ${url}`);
    const artifacts = keptArtifacts((found.artifacts ?? []).map((each) => each.relativePath));
    const listingDigest = createHash("sha256")
      .update(JSON.stringify([url, artifacts]))
      .digest("hex");
    return {
      kind: "found",
      module: { key, module, release: name, job, url, version: own, executedAt: executedAtOf(found), environment: environmentOf(found), artifacts, listingDigest },
    };
  } catch (error) {
    if (!(error instanceof WorkError)) throw error;
    if (error.code === "not_found" && (await hasJob(client, url))) return { kind: "gone", key, module, job };
    return { kind: "failed", key, module, job, error: messageOf(error), code: error.code };
  }
}

/** Whether the job of a build is there: if not, Jenkins may only hide it from whoever asks. */
async function hasJob(client: JenkinsClient, buildUrl: string): Promise<boolean> {
  try {
    await listBuilds(client, new URL("..", buildUrl).href, 1);
    return true;
  } catch (error) {
    if (error instanceof WorkError) return false;
    throw error;
  }
}

export function apiUrl(url: string): string {
  return `${url}api/json?${BUILD_TREE}`;
}

export function artifactUrl(buildUrl: string, relativePath: string): string {
  return `${buildUrl}artifact/${relativePath.split("/").map(encodeURIComponent).join("/")}`;
}
