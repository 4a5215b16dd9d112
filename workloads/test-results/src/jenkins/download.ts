import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { JenkinsClient } from "./client.ts";
import { artifactUrl } from "./discover.ts";
import { safeSegment, type KeptArtifact } from "./names.ts";

export interface DownloadRequest {
  readonly url: string;
  readonly directory: string;
  readonly artifacts: readonly KeptArtifact[];
}

export interface DownloadProgress {
  readonly file: string;
  readonly files: number;
  readonly bytes: number;
}

/** Fetches one module's artifacts. What an earlier download left behind goes first, so that nothing is mixed. */
export async function downloadArtifacts(
  client: JenkinsClient,
  request: DownloadRequest,
  report: (progress: DownloadProgress) => void,
): Promise<{ readonly files: number; readonly bytes: number }> {
  await rm(request.directory, { recursive: true, force: true });
  let bytes = 0;
  let files = 0;
  for (const { relativePath, target } of request.artifacts) {
    const path = join(request.directory, ...target.split("/").map(safeSegment));
    report({ file: target, files, bytes });
    bytes += await client.file(artifactUrl(request.url, relativePath), path, (more) => report({ file: target, files, bytes: bytes + more }));
    files += 1;
  }
  return { files, bytes };
}
