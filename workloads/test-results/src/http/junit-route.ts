import { createWriteStream } from "node:fs";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { ReadableStream } from "node:stream/web";
import { Hono } from "hono";
import * as z from "zod";
import { WorkError } from "../errors.ts";
import { assertJunitRoot } from "../junit/root-of.ts";
import { problem } from "./problem.ts";
import type { Services } from "./services.ts";

const name = z.string().min(1).max(200);
const query = z.object({ release: name, module: name, job: name, topology: z.string().min(1).max(200).nullable().default(null) });

/** Takes one report as the body: to disk as it arrives, a look at its root, then an import like any other. */
export function junitRoute({ conductor, settings }: Pick<Services, "conductor" | "settings">): Hono {
  const app = new Hono();
  app.post("/junit", async (context) => {
    const parsed = query.safeParse(context.req.query());
    if (!parsed.success) return problem(context, 400, "invalid_request", "release, module and job are needed");
    const { release, module, job, topology } = parsed.data;
    const home = join(settings.logsBasePath, "uploads");
    await mkdir(home, { recursive: true });
    const directory = await mkdtemp(join(home, "report-"));
    try {
      const file = join(directory, "report.xml");
      await pipeline(
        Readable.fromWeb((context.req.raw.body ?? new Blob([]).stream()) as ReadableStream),
        (source: AsyncIterable<Uint8Array>) => atMost(source, settings.artifactBytesMax),
        createWriteStream(file),
      );
      await assertJunitRoot(file);
      const id = await conductor.importLocal({ release, module, job, directory, mode: "junit-only", topology, cleanup: true });
      return context.json({ job_id: id, message: `Import of ${release}/${module}/${job} started`, logs_url: `/api/v1/jenkins/download/${id}` }, 202);
    } catch (error) {
      await rm(directory, { recursive: true, force: true });
      if (error instanceof WorkError && error.code === "not_junit") return problem(context, 415, "not_junit", error.message);
      if (error instanceof WorkError && error.code === "oversize") return problem(context, 413, "oversize", error.message);
      throw error;
    }
  });
  return app;
}

async function* atMost(source: AsyncIterable<Uint8Array>, bytesMax: number): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const piece of source) {
    bytes += piece.length;
    if (bytes > bytesMax) throw new WorkError("oversize", `the report is larger than ${bytesMax} bytes`);
    yield piece;
  }
}
