import { readFile } from "node:fs/promises";
import { request as startHttp, type IncomingMessage } from "node:http";
import { request as startHttps } from "node:https";
import { join } from "node:path";
import { loadConfigFile, resolveConfig, type ResolvedConfig, type Token } from "../config/index.ts";
import { CofferdamError, ERROR_KINDS, type ErrorCode, type PointedError } from "../model/index.ts";
import type { Terminal } from "./terminal.ts";

/** Where a client's commands find the runtime. */
export interface ClientOptions {
  readonly url?: string;
  readonly dataDir?: string;
  readonly config?: string;
}

export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

export interface Request {
  readonly method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly query?: Readonly<Record<string, string | undefined>>;
  /** JSON text, or a value to be made JSON. */
  readonly json?: unknown;
  readonly jsonText?: string;
  readonly accept?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Statuses that are answers, not errors. */
  readonly allow?: readonly number[];
  /** Gives up after so long a silence; left out: waits for as long as the runtime is there. */
  readonly silenceMs?: number;
}

/** The silence that means no good where a runtime is asked whether it is well. */
export const WELL_MS = 10_000;

/** Speaks HTTP to the running runtime. Every problem it answers becomes a CofferdamError with the same code. */
export interface Client {
  readonly url: string;
  call(path: string, request?: Request): Promise<Answer>;
  /** The body as a value of the API's shape. */
  get<Body>(path: string, query?: Request["query"]): Promise<Body>;
  stream(path: string, request?: Request): AsyncIterable<Uint8Array>;
}

export async function openClient(terminal: Terminal, options: ClientOptions): Promise<Client> {
  const named = options.url ?? terminal.env.COFFERDAM_URL ?? "";
  // An address that somebody typed may be anybody's: tokens of this directory's config file are not sent there, so the file is not even read.
  const file = named === "" ? await loadConfigFile(terminal.directory, options.config ?? terminal.env.COFFERDAM_CONFIG ?? null) : null;
  const { config } = resolveConfig({ flags: { dataDir: options.dataDir }, env: terminal.env, file });
  const url = named === "" ? await runningUrl(config) : checkedUrl(named);
  return createClient(url, strongest(config.http?.tokens ?? []));
}

function strongest(tokens: readonly Token[]): string | null {
  const found = tokens.find((token) => token.role === "admin") ?? tokens.find((token) => token.role === "operate") ?? tokens[0];
  return found?.token ?? null;
}

function checkedUrl(text: string): string {
  const url = URL.parse(text);
  if (url !== null && (url.protocol === "http:" || url.protocol === "https:")) return url.href.replace(/\/+$/, "");
  throw new CofferdamError("invalid_option", `--url: ${JSON.stringify(text)} is not an http address`, { hint: 'For example --url "http://127.0.0.1:7070".' });
}

/** A running runtime writes its address into its data directory. */
async function runningUrl(config: ResolvedConfig): Promise<string> {
  const file = join(config.dataDirectory, "server.json");
  const text = await readFile(file, "utf8").catch(() => null);
  const found: unknown = text === null ? null : parseOrNull(text);
  if (typeof found === "object" && found !== null && "url" in found && typeof found.url === "string") return checkedUrl(found.url);
  throw unreachable(`no runtime is running on the data directory ${config.dataDirectory}`, null);
}

function unreachable(what: string, cause: unknown): CofferdamError {
  const hint = "Start it with `cofferdam start` (or `cofferdam dev`), or name a running one with --url or COFFERDAM_URL.";
  return new CofferdamError("unreachable", what, cause === null ? { hint } : { hint, cause });
}

export function createClient(url: string, token: string | null): Client {
  const send = async (path: string, request: Request): Promise<Reply> => {
    const reply = await ask(addressOf(url, path, request), request, token).catch((error: unknown) => {
      throw unreachable(`${url} is not reachable${reasonOf(error)}`, error);
    });
    const status = reply.statusCode ?? 0;
    if ((status >= 200 && status < 300) || request.allow?.includes(status)) return { status, body: bodyOf(reply) };
    throw problemOf(await textOf(bodyOf(reply)), reply, path);
  };
  /** One that ends before its end, as when the runtime is killed. */
  async function* bodyOf(reply: IncomingMessage): AsyncGenerator<Uint8Array> {
    try {
      yield* reply as AsyncIterable<Uint8Array>;
    } catch (error) {
      throw unreachable(`${url} broke off in the middle of its answer`, error);
    }
  }
  const call = async (path: string, request: Request = {}): Promise<Answer> => {
    const { status, body } = await send(path, request);
    return { status, body: parseOrNull(await textOf(body)) };
  };
  return {
    url,
    call,
    async get<Body>(path: string, query: Request["query"] = {}) {
      // The codec of the API's JSON: the shapes are the query room's and are tested there.
      return (await call(path, { query })).body as Body;
    },
    async *stream(path, request = {}) {
      yield* (await send(path, request)).body;
    },
  };
}

interface Reply {
  readonly status: number;
  readonly body: AsyncIterable<Uint8Array>;
}

const CONNECT_TIMEOUT_MS = 10_000;
const KEEP_ALIVE_MS = 30_000;

/** Resolves with the head of the answer. Not `fetch`: that gives up after five minutes of silence, and a job that is followed may be silent for longer, a backup take longer. */
function ask(address: URL, request: Request, token: string | null): Promise<IncomingMessage> {
  const body = request.jsonText ?? (request.json === undefined ? null : JSON.stringify(request.json));
  const headers = {
    accept: request.accept ?? "application/json",
    ...(body === null ? {} : { "content-type": "application/json", "content-length": Buffer.byteLength(body) }),
    ...(token === null ? {} : { authorization: `Bearer ${token}` }),
    ...request.headers,
  };
  return new Promise((resolve, reject) => {
    const start = address.protocol === "https:" ? startHttps : startHttp;
    const sent = start(address, { method: request.method ?? "GET", headers, agent: false }, resolve);
    const tooLate = () => sent.destroy(Object.assign(new Error("nothing came"), { code: "ETIMEDOUT" }));
    sent.on("error", reject);
    sent.once("socket", (socket) => {
      socket.setTimeout(CONNECT_TIMEOUT_MS, tooLate);
      socket.once("connect", () => {
        socket.setTimeout(request.silenceMs ?? 0);
        // A machine that is gone says nothing, like a job that works: the kernel asks whether it is there.
        socket.setKeepAlive(true, KEEP_ALIVE_MS);
      });
    });
    sent.end(body ?? undefined);
  });
}

async function textOf(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}

function addressOf(url: string, path: string, request: Request): URL {
  const address = new URL(`${url}${path}`);
  for (const [name, value] of Object.entries(request.query ?? {})) {
    if (value !== undefined) address.searchParams.set(name, value);
  }
  return address;
}

/** RFC 9457 problem+json back into the error it was. */
function problemOf(text: string, { statusCode: status = 0, statusMessage = "", headers }: IncomingMessage, path: string): CofferdamError {
  const problem: unknown = parseOrNull(text);
  const fields: Readonly<Record<string, unknown>> = typeof problem === "object" && problem !== null ? { ...problem } : {};
  const message = typeof fields.detail === "string" ? fields.detail : `${path} answered ${status} ${statusMessage}`.trim();
  const hint = typeof fields.hint === "string" ? fields.hint : hintFor(status, headers["retry-after"]);
  return new CofferdamError(codeOf(fields.code, status), message, { errors: pointsOf(fields.errors), ...(hint === null ? {} : { hint }) });
}

function hintFor(status: number, seconds: string | undefined): string | null {
  if (seconds !== undefined) return `Try again in ${seconds} s.`;
  return status === 401 ? "Set COFFERDAM_TOKEN or COFFERDAM_TOKEN_FILE." : null;
}

function codeOf(code: unknown, status: number): ErrorCode {
  if (typeof code === "string" && Object.hasOwn(ERROR_KINDS, code)) return code as ErrorCode;
  if (status === 401) return "unauthenticated";
  if (status === 403) return "forbidden";
  return status === 404 ? "route_not_found" : "unreachable";
}

function pointsOf(errors: unknown): PointedError[] {
  if (!Array.isArray(errors)) return [];
  return errors.flatMap((item: unknown) => {
    if (typeof item !== "object" || item === null || !("pointer" in item) || !("detail" in item)) return [];
    return [{ pointer: String(item.pointer), detail: String(item.detail) }];
  });
}

function reasonOf(error: unknown): string {
  return error instanceof Error && "code" in error ? ` (${String(error.code)})` : "";
}

function parseOrNull(text: string): unknown {
  try {
    return text === "" ? null : JSON.parse(text);
  } catch {
    return null;
  }
}
