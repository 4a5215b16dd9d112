import { defineApp, defineJob, defineService, type AppContext } from "cofferdam";

const double = defineJob({ type: "sample.double", run: (job) => 2 * (job.input as number) });

const ticker = defineService({
  name: "sample.ticker",
  freshness: "1m",
  async run(service) {
    const { id } = await service.control.enqueue({ type: "sample.double", input: "4" });
    service.update({ data: { enqueued: id } });
    const timer = setInterval(() => undefined, 60_000);
    await new Promise((resolve) => service.signal.addEventListener("abort", resolve, { once: true }));
    clearInterval(timer);
  },
});

export const app = defineApp({
  name: "sample",
  jobs: [double],
  services: [ticker],
  schedules: [{ key: "sample.nightly", type: "sample.double", cron: "0 3 * * *", input: 1 }],
  pages: new URL("../pages/", import.meta.url),
  timeout: "3s",
  budget: { block: "6s" },
  routes: (context) => (request) => answer(context, request),
});

/** Exported by itself as well: it is the app's all the same. */
export { double };

async function answer({ control, basePath }: AppContext, request: Request): Promise<Response> {
  const { pathname, searchParams } = new URL(request.url);
  switch (pathname) {
    case "/where":
      return Response.json({
        basePath,
        query: searchParams.get("q"),
        method: request.method,
        role: request.headers.get("x-cofferdam-role"),
        authorization: request.headers.get("authorization"),
      });
    case "/echo":
      return new Response(request.body, { status: 201, headers: { "x-sample": "yes" } });
    case "/services":
      return Response.json((await control.services()).map(({ name }) => name));
    case "/refused":
      return control.job("j_none").then(
        () => Response.json({}),
        (error: { code?: string; status?: number }) => Response.json({ code: error.code, status: error.status }),
      );
    case "/never":
      return new Promise<Response>(() => undefined);
    case "/throws":
      throw new Error("not today");
    case "/exits":
      process.exit(7);
    case "/spins":
      for (;;);
    default:
      return Response.json({ nothing: pathname }, { status: 404 });
  }
}
