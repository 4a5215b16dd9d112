import { mkdir, mkdtemp, readdir, rm, rmdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { JenkinsClient } from "./client.ts";
import { artifactUrl } from "./discover.ts";
import { safeSegment, type KeptArtifact } from "./names.ts";

export interface DownloadRequest {
  readonly url: string;
  /** Of the module build; each download makes a directory of its own below it. */
  readonly home: string;
  readonly artifacts: readonly KeptArtifact[];
}

export interface DownloadProgress {
  readonly file: string;
  readonly files: number;
  readonly bytes: number;
}

export interface Fetched {
  readonly directory: string;
  readonly files: number;
  readonly bytes: number;
}

const PREFIX = "download-";

/** Fetches one module's artifacts. What an earlier download brought is left alone: an import may be reading it. */
export async function downloadArtifacts(client: JenkinsClient, request: DownloadRequest, report: (progress: DownloadProgress) => void): Promise<Fetched> {
  await mkdir(request.home, { recursive: true });
  const directory = await mkdtemp(join(request.home, PREFIX));
  try {
    return { directory, ...(await fetchInto(client, directory, request, report)) };
  } catch (error) {
    await rm(directory, { recursive: true, force: true });
    throw error;
  }
}

async function fetchInto(
  client: JenkinsClient,
  directory: string,
  request: DownloadRequest,
  report: (progress: DownloadProgress) => void,
): Promise<{ readonly files: number; readonly bytes: number }> {
  const wanted = request.artifacts.map(({ relativePath, target }) => ({ relativePath, target, path: join(directory, ...target.split("/").map(safeSegment)) }));
  // Once and beforehand: files of a directory that somebody removes meanwhile are not to be taken for all of them.
  for (const parent of new Set(wanted.map(({ path }) => dirname(path)))) await mkdir(parent, { recursive: true });
  let bytes = 0;
  let files = 0;
  for (const { relativePath, target, path } of wanted) {
    report({ file: target, files, bytes });
    bytes += await client.file(artifactUrl(request.url, relativePath), path, (more) => report({ file: target, files, bytes: bytes + more }));
    files += 1;
  }
  return { files, bytes };
}

/** Removes what the downloads of a module build have left, but for the one that is kept; and their home when nothing else is in it. */
export async function removeDownloads(home: string, kept: string | null): Promise<void> {
  const names = await readdir(home).catch(() => []);
  for (const name of names) if (name.startsWith(PREFIX) && join(home, name) !== kept) await rm(join(home, name), { recursive: true, force: true });
  await rmdir(home).catch(() => undefined);
}
