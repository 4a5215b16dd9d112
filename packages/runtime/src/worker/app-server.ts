import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { extname, join, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { getRequestListener } from "@hono/node-server";
import { DEFINITION, type AppContext, type AppDefinition, type AppHandler, type JobDefinition, type ServiceContext, type ServiceOptions } from "../define.ts";
import { appServiceOptions } from "./describe-app.ts";

/** The process behind an app's addresses: a service whose work is to answer, and whose loop says each second that it turns. */
export function appService(app: AppDefinition): JobDefinition {
  const service: ServiceOptions = appServiceOptions(app);
  const run = (context: ServiceContext): Promise<void> => serve(app, context);
  return { [DEFINITION]: "module", definedAt: app.definedAt, options: { type: service.name, run: run as never }, service: { ...service, run } };
}

const UPDATE_MS = 1000;
/** A path of a socket may have 107 bytes. */
const SOCKET_PATH_BYTES_MAX = 107;

async function serve(app: AppDefinition, service: ServiceContext): Promise<void> {
  const { name, routes, pages } = app.options;
  const context: AppContext = { name, basePath: `/apps/${name}/`, signal: service.signal, control: service.control };
  const made = typeof routes === "function" ? await routes(context) : (routes ?? null);
  const handler: AppHandler = made === null ? nothingHere : typeof made === "function" ? made : (request) => made.fetch(request);
  const listener = getRequestListener((request) => handler(request), { overrideGlobalObjects: false, errorHandler: (error) => answerError(service, error) });
  const root = pages === undefined ? null : resolve(pages instanceof URL ? fileURLToPath(pages) : pages);
  const server = createServer((incoming, outgoing) => {
    void answer(incoming, outgoing, root, listener);
  });
  const socketPath = join(service.scratch, "app.sock");
  const address = Buffer.byteLength(socketPath) <= SOCKET_PATH_BYTES_MAX ? { path: socketPath } : { host: "127.0.0.1", port: 0 };
  await new Promise<void>((done, fail) => {
    server.once("error", fail);
    server.listen(address, done);
  });
  const bound = server.address();
  const data = typeof bound === "object" && bound !== null ? { port: bound.port } : { socket_path: socketPath };
  service.update({ note: "answers", data });
  const timer = setInterval(() => service.update(), UPDATE_MS);
  await new Promise((done) => service.signal.addEventListener("abort", done, { once: true }));
  clearInterval(timer);
  server.close();
  server.closeAllConnections();
}

/** Pages first: a file that is there is the answer to a GET; everything else is for the routes. */
async function answer(incoming: IncomingMessage, outgoing: ServerResponse, root: string | null, listener: ReturnType<typeof getRequestListener>): Promise<void> {
  const file = root !== null && (incoming.method === "GET" || incoming.method === "HEAD") ? await findPage(root, incoming.url ?? "/") : null;
  if (file === null) return listener(incoming, outgoing);
  outgoing.writeHead(200, { "content-type": TYPES[extname(file.path)] ?? "application/octet-stream", "content-length": file.bytes, "cache-control": "no-cache" });
  if (incoming.method === "HEAD") outgoing.end();
  else
    createReadStream(file.path)
      .on("error", () => outgoing.destroy())
      .pipe(outgoing);
}

async function findPage(root: string, url: string): Promise<{ readonly path: string; readonly bytes: number } | null> {
  const path = pagePath(root, url);
  if (path === null) return null;
  const found = await stat(path).catch(() => null);
  return found !== null && found.isFile() ? { path, bytes: found.size } : null;
}

/** Nothing outside of the root, and no hidden file. */
function pagePath(root: string, url: string): string | null {
  try {
    const path = decodeURIComponent(new URL(url, "http://app").pathname);
    const file = join(root, path.endsWith("/") ? `${path}index.html` : path);
    return file.startsWith(root + sep) && !path.includes("/.") && !path.includes("\0") ? file : null;
  } catch {
    return null;
  }
}

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".mjs": "text/javascript; charset=utf-8",
  ".json": "application/json",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".jpg": "image/jpeg",
  ".ico": "image/x-icon",
  ".txt": "text/plain; charset=utf-8",
  ".woff2": "font/woff2",
};

function nothingHere(): Response {
  return Response.json({ error: "there is nothing at this address" }, { status: 404 });
}

/** The app's own mistake: it is in its log, and counted. */
function answerError(service: ServiceContext, error: unknown): Response {
  console.error(error);
  service.error(error);
  return Response.json({ error: "the app could not answer" }, { status: 500 });
}
