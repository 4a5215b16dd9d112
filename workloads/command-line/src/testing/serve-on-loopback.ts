import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import { cleanUp, type Cleaned } from "./clean-up.ts";

/** Answers HTTP for this test alone. Resolves with the port; open connections are cut at the end. */
export async function serveOnLoopback(cleaned: Cleaned, answer: RequestListener): Promise<number> {
  const server = createServer(answer);
  cleanUp(cleaned, async () => {
    const closed = once(server, "close");
    server.close();
    server.closeAllConnections();
    await closed;
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("the server has no port");
  return address.port;
}
