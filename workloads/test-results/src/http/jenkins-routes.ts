import { Hono, type Context } from "hono";
import { bodyLimit } from "hono/body-limit";
import type { RunRecord } from "../conduct/runs.ts";
import { latestPoll, readPollingEnabled, setPollingEnabled } from "../conduct/poll.ts";
import { WorkError } from "../errors.ts";
import { downloadBody, selectedBody, toggleBody } from "./parameters.ts";
import { problem } from "./problem.ts";
import type { Services } from "./services.ts";
import { streamRun } from "./stream-run.ts";

const BODY_BYTES_MAX = 1024 * 1024;

export function jenkinsRoutes(services: Services): Hono {
  const { conductor, database } = services;
  const app = new Hono();
  app.use(bodyLimit({ maxSize: BODY_BYTES_MAX, onError: (context) => problem(context, 413, "oversize", `a request has at most ${BODY_BYTES_MAX} bytes`) }));

  async function startDownload(
    context: Context,
    body: { readonly release?: string | null | undefined; readonly job_url: string; readonly skip_existing: boolean },
    keys: readonly string[] | null,
  ): Promise<Response> {
    try {
      const id = await conductor.download({ release: body.release ?? null, jobUrl: body.job_url, skipExisting: body.skip_existing, keys });
      return context.json({ job_id: id, message: `Download of ${body.job_url} started`, logs_url: `/api/v1/jenkins/download/${id}` }, 202);
    } catch (error) {
      if (error instanceof WorkError && error.code === "usage") return problem(context, 400, "no_release", error.message);
      throw error;
    }
  }

  app.post("/download", async (context) => {
    const body = downloadBody.safeParse(await readJson(context));
    return body.success
      ? await startDownload(context, body.data, null)
      : problem(context, 400, "invalid_request", body.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`).join("; "));
  });
  app.post("/download-selected", async (context) => {
    const body = selectedBody.safeParse(await readJson(context));
    return body.success
      ? await startDownload(context, body.data, body.data.modules)
      : problem(context, 400, "invalid_request", body.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`).join("; "));
  });
  app.post("/discover-jobs", async (context) => {
    const body = downloadBody.safeParse(await readJson(context));
    if (!body.success) return problem(context, 400, "invalid_request", "job_url is needed");
    try {
      const { parent, modules } = await conductor.discover(body.data.job_url, body.data.release ?? null);
      return context.json({
        build: parent.number,
        version: parent.version,
        release: parent.release,
        jobs: modules.map((each) =>
          each.kind === "found"
            ? {
                key: each.module.key,
                module: each.module.module,
                job_id: each.module.job,
                url: each.module.url,
                release: each.module.release,
                files: each.module.artifacts.length,
                state: "found",
              }
            : { key: each.key, module: each.module, job_id: each.job, state: each.kind, error: each.kind === "failed" ? each.error : null },
        ),
      });
    } catch (error) {
      if (!(error instanceof WorkError)) throw error;
      return problem(context, error.code === "not_found" ? 404 : 502, error.code, error.message);
    }
  });
  app.get("/download/:id", async (context) => {
    const run = await conductor.runs.find(context.req.param("id"));
    return run === null ? problem(context, 404, "not_found", "there is no such download") : streamRun(context, run.id, services);
  });
  app.get("/download/:id/status", async (context) => {
    const run = await conductor.runs.find(context.req.param("id"));
    return run === null ? problem(context, 404, "not_found", "there is no such download") : context.json(viewRun(run));
  });
  app.delete("/download/:id", async (context) => {
    const run = await conductor.runs.find(context.req.param("id"));
    if (run === null) return problem(context, 404, "not_found", "there is no such download");
    if (run.state === "running") return problem(context, 400, "still_running", "a download can be removed when it has ended");
    await conductor.runs.remove(run.id);
    return context.json({ removed: run.id });
  });
  app.get("/polling/status", async (context) => context.json(await pollingStatus(services)));
  app.post("/polling/toggle", async (context) => {
    const body = toggleBody.safeParse((await readJson(context)) ?? {});
    if (!body.success) return problem(context, 400, "invalid_request", "enabled is true or false");
    await setPollingEnabled(database, body.data.enabled ?? !(await readPollingEnabled(database.read)));
    return context.json(await pollingStatus(services));
  });
  app.post("/poll", async (context) => {
    const id = await conductor.poll();
    return id === null
      ? problem(context, 409, "poll_active", "a poll is active")
      : context.json({ job_id: id, message: "Poll started", logs_url: `/api/v1/jenkins/download/${id}` }, 202);
  });
  return app;
}

export async function pollingStatus({ database, conductor }: Pick<Services, "database" | "conductor">): Promise<object> {
  const latest = await latestPoll(database.read);
  return {
    enabled: await readPollingEnabled(database.read),
    active: conductor.pollState() === "active",
    last_status: latest?.status ?? null,
    last_completed_at: latest?.completedAt ?? null,
    last_error: latest?.error ?? null,
  };
}

function viewRun(run: RunRecord): object {
  return { job_id: run.id, kind: run.kind, status: run.state, error: run.error, created_at: run.createdAt, ended_at: run.endedAt };
}

async function readJson(context: Context): Promise<unknown> {
  try {
    return await context.req.json();
  } catch {
    return null;
  }
}
