import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { findModule, moduleArtifacts, parentArtifacts, type Artifact } from "./artifacts.ts";
import { createFaultBook, faultRequest, misbehave, type FaultRequest } from "./faults.ts";
import { sendPieces } from "./send.ts";
import { moduleBuildOf, parentBuildOf, timestampOf, type World } from "./world.ts";

export interface StandIn {
  /** Address of the parent job. */
  readonly parentUrl: string;
  readonly url: string;
  setFault(fault: Partial<FaultRequest> & Pick<FaultRequest, "path" | "fault">): void;
  log(): readonly string[];
  close(): Promise<void>;
}

const LOG_LINES_MAX = 10_000;

/** A small Jenkins on loopback. */
export async function startStandIn(world: World, port = 0): Promise<StandIn> {
  const faults = createFaultBook();
  const lines: string[] = [];
  const server = createServer((request, response) => {
    void answer(request, response).catch(() => response.destroy());
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = decodeURIComponent((request.url ?? "/").split("?")[0] ?? "/");
    if (path === "/__control") return await control(request, response);
    if (path === "/__log") return void response.setHeader("content-type", "application/json").end(JSON.stringify(lines));
    const fault = faults.hides(path) ? { ...faultRequest.parse({ path, fault: "404" }) } : faults.hit(path);
    if (lines.length < LOG_LINES_MAX) lines.push(`${request.method} ${request.url}${fault === null ? "" : ` [${fault.fault}]`}`);
    const content = route(path);
    if (fault !== null && fault.fault !== "missing-artifact") return await misbehave(response, fault, () => content ?? []);
    if (content === null) return void response.writeHead(404).end("there is nothing here\n");
    await sendPieces(response, content);
    response.end();
  }

  async function control(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body: unknown = JSON.parse(Buffer.concat(await request.toArray()).toString("utf8"));
    const parsed = faultRequest.safeParse(body);
    if (!parsed.success) return void response.writeHead(400).end(JSON.stringify({ error: parsed.error.issues }));
    faults.set(parsed.data);
    response.end(JSON.stringify(parsed.data));
  }

  function route(path: string): Iterable<string> | null {
    const match = /^\/job\/([^/]+)\/(?:(\d+)\/)?(api\/json|artifact\/(.+))$/.exec(path);
    if (match === null) return null;
    const [, name = "", number, , artifactPath] = match;
    if (number === undefined) return name === world.parentName ? [JSON.stringify({ builds: world.builds.toReversed().map((each) => ({ number: each })) })] : null;
    const artifacts = artifactsOf(name, Number(number));
    if (artifacts === null) return null;
    if (artifactPath !== undefined) return artifacts.find((each) => each.relativePath === artifactPath)?.content() ?? null;
    return [JSON.stringify(describeBuild(name, Number(number), artifacts))];
  }

  function artifactsOf(name: string, number: number): Artifact[] | null {
    if (name === world.parentName) return world.builds.includes(number) ? parentArtifacts(world, moduleBuildOf(number)) : null;
    const module = findModule(world, name);
    return module === undefined || !world.builds.includes(parentBuildOf(number)) ? null : moduleArtifacts(module, parentBuildOf(number));
  }

  function describeBuild(name: string, number: number, artifacts: readonly Artifact[]): object {
    const build = name === world.parentName ? number : parentBuildOf(number);
    return {
      displayName: `#${number} VER: ${world.release}.0.${build}`,
      url: `${address(server)}/job/${name}/${number}/`,
      number,
      result: "UNSTABLE",
      timestamp: timestampOf(build),
      actions: [{}, { parameters: [{ name: "RUN_STAGING_TESTS_ONLY", value: build % 5 === 0 }] }],
      artifacts: artifacts
        .filter((each) => !faults.hides(`/job/${name}/${number}/artifact/${each.relativePath}`))
        .map(({ relativePath }) => ({ relativePath, fileName: relativePath.split("/").at(-1) })),
    };
  }

  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  return {
    url: address(server),
    parentUrl: `${address(server)}/job/${world.parentName}/`,
    setFault: (fault) => faults.set(faultRequest.parse(fault)),
    log: () => lines,
    async close() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

function address(server: Server): string {
  const bound = server.address();
  if (bound === null || typeof bound === "string") throw new Error("the server is not listening on a port");
  return `http://127.0.0.1:${bound.port}`;
}
