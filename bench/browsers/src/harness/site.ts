import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** A page of ordinary size: 20 KB of text, a script, a picture. */
const PAGE = `<!doctype html><title>ok</title><img src="/picture"><script>document.body.append(document.title)</script>${"<p>deep water, slow ships</p>".repeat(700)}`;
const BUSY = `<!doctype html><title>busy</title><script>addEventListener("load", () => { for (;;); })</script>`;

export interface Site extends AsyncDisposable {
  readonly url: string;
}

/** Answers /ok, keeps /hang waiting for ever, and sends a page that never comes to rest for /busy. */
export async function openSite(): Promise<Site> {
  const server = createServer((request, response) => {
    const path = request.url ?? "";
    if (path.startsWith("/hang")) return;
    response.setHeader("content-type", path.startsWith("/picture") ? "image/svg+xml" : "text/html");
    response.end(path.startsWith("/ok") ? PAGE : path.startsWith("/busy") ? BUSY : '<svg xmlns="http://www.w3.org/2000/svg"/>');
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
