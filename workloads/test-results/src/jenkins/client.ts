import { open, rename, rm } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";
import type * as z from "zod";
import { messageOf, WorkError } from "../errors.ts";
import type { Settings } from "../settings.ts";

export type ClientSettings = Pick<Settings, "jenkinsUrl" | "jenkinsUser" | "jenkinsApiToken" | "requestTimeoutMs" | "retryPausesMs" | "artifactBytesMax">;

export interface JenkinsClient {
  /** @throws WorkError `network`, `unauthorized`, `not_found`, `malformed`, `oversize` */
  json<Schema extends z.ZodType>(url: string, schema: Schema): Promise<z.output<Schema>>;
  /** Fetches to a temporary name and renames it when it is whole. Its directory is there already. Answers its bytes. */
  file(url: string, path: string, onBytes: (bytes: number) => void): Promise<number>;
}

const JSON_BYTES_MAX = 16 * 1024 * 1024;
const PIECE_BYTES = 8192;

/** Speaks to Jenkins: bounded silence, bounded size, three more tries where they can help. Credentials go to the configured server only. */
export function createJenkinsClient(settings: ClientSettings, signal: AbortSignal): JenkinsClient {
  return {
    json: (url, schema) =>
      withRetries(settings, signal, async () => {
        const pieces: Uint8Array[] = [];
        await fetchPieces(settings, signal, { url, bytesMax: JSON_BYTES_MAX }, async (piece) => void pieces.push(piece));
        return parseAnswer(url, Buffer.concat(pieces).toString("utf8"), schema);
      }),
    file: (url, path, onBytes) =>
      withRetries(settings, signal, async () => {
        const temporary = `${path}.part`;
        try {
          const bytes = await fetchToFile(settings, signal, { url, path: temporary, onBytes });
          await rename(temporary, path);
          return bytes;
        } finally {
          await rm(temporary, { force: true });
        }
      }),
  };
}

function parseAnswer<Schema extends z.ZodType>(url: string, text: string, schema: Schema): z.output<Schema> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new WorkError("malformed", `${url} did not answer with JSON: ${messageOf(error)}`, error);
  }
  const parsed = schema.safeParse(value);
  if (!parsed.success)
    throw new WorkError("malformed", `${url} answered something else than expected: ${parsed.error.issues[0]?.path.join(".")}: ${parsed.error.issues[0]?.message}`);
  return parsed.data;
}

async function fetchToFile(
  settings: ClientSettings,
  signal: AbortSignal,
  target: { readonly url: string; readonly path: string; readonly onBytes: (bytes: number) => void },
): Promise<number> {
  const file = await open(target.path, "w");
  let bytes = 0;
  try {
    await fetchPieces(settings, signal, { url: target.url, bytesMax: settings.artifactBytesMax }, async (piece) => {
      for (let at = 0; at < piece.length; at += PIECE_BYTES) await file.write(piece.subarray(at, at + PIECE_BYTES));
      bytes += piece.length;
      target.onBytes(bytes);
    });
    return bytes;
  } finally {
    await file.close();
  }
}

/** Reads an answer's body piece by piece. Silence longer than the request timeout ends it. */
async function fetchPieces(
  settings: ClientSettings,
  signal: AbortSignal,
  request: { readonly url: string; readonly bytesMax: number },
  onPiece: (piece: Uint8Array) => Promise<void>,
): Promise<void> {
  const { url, bytesMax } = request;
  const silence = new AbortController();
  const timer = setTimeout(() => silence.abort(new WorkError("network", `${url} was silent for ${settings.requestTimeoutMs / 1000} s`)), settings.requestTimeoutMs);
  try {
    const response = await fetch(url, { headers: headersFor(settings, url), signal: AbortSignal.any([signal, silence.signal]), redirect: "follow" });
    checkStatus(url, response);
    const expected = response.headers.get("content-encoding") === null ? response.headers.get("content-length") : null;
    if (expected !== null && Number(expected) > bytesMax) throw new WorkError("oversize", `${url} is ${expected} bytes; the limit is ${bytesMax}`);
    let bytes = 0;
    for await (const piece of response.body ?? []) {
      timer.refresh();
      bytes += piece.length;
      if (bytes > bytesMax) throw new WorkError("oversize", `${url} does not end within ${bytesMax} bytes`);
      await onPiece(piece);
    }
    if (expected !== null && bytes !== Number(expected)) throw new WorkError("network", `${url} was cut off after ${bytes} of ${expected} bytes`);
  } catch (error) {
    throw asWorkError(url, error, signal);
  } finally {
    clearTimeout(timer);
    silence.abort();
  }
}

function asWorkError(url: string, error: unknown, signal: AbortSignal): unknown {
  if (error instanceof WorkError) return error;
  if (signal.aborted) return signal.reason;
  const cause = error instanceof Error && error.cause instanceof Error ? `: ${error.cause.message}` : "";
  return new WorkError("network", `${url}: ${messageOf(error)}${cause}`, error);
}

function checkStatus(url: string, response: Response): void {
  if (response.ok) return;
  if (response.status === 401) throw new WorkError("unauthorized", `${url} answered 401: check JENKINS_USER and JENKINS_API_TOKEN`);
  if (response.status === 404) throw new WorkError("not_found", `${url} answered 404`);
  throw new WorkError("network", `${url} answered ${response.status}`);
}

function headersFor(settings: ClientSettings, url: string): Record<string, string> {
  const { jenkinsUrl, jenkinsUser, jenkinsApiToken } = settings;
  if (jenkinsUrl === null || jenkinsUser === null || jenkinsApiToken === null || new URL(jenkinsUrl).origin !== new URL(url).origin) return {};
  return { authorization: `Basic ${Buffer.from(`${jenkinsUser}:${jenkinsApiToken}`).toString("base64")}` };
}

/** Final are answers that another try cannot change. */
const FINAL = new Set(["unauthorized", "not_found"]);

async function withRetries<Result>(settings: ClientSettings, signal: AbortSignal, attempt: () => Promise<Result>): Promise<Result> {
  for (const pauseMs of settings.retryPausesMs) {
    signal.throwIfAborted();
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof WorkError) || FINAL.has(error.code)) throw error;
      await pause(pauseMs, undefined, { signal });
    }
  }
  return await attempt();
}
