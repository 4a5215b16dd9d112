import { isAbsolute } from "node:path";
import { z } from "@hono/zod-openapi";
import { CofferdamError } from "../../model/index.ts";
import { renderBroken, renderBudgetAdvice, renderLeaks, renderCount, renderType, renderTypeStats, renderWorker, rfc3339 } from "../../query/index.ts";
import { json } from "../reply.ts";
import { NOTHING, route, type Route } from "../route.ts";
import { BUDGET_ADVICE, LEAKS } from "../learning-schemas.ts";
import { BROKEN_MODULE, ID_PARAMS, listOf, STATE, STATS, TIME, TYPE, WORKER } from "../schemas.ts";
import { API, type RouteDeps } from "./deps.ts";

const HOUR_MS = 3_600_000;

export function hostRoutes({ control, clock, options }: RouteDeps): readonly Route[] {
  return [
    route({
      method: "get",
      path: `${API}/workers`,
      access: "read",
      summary: "Worker processes and what they run",
      params: NOTHING,
      query: NOTHING,
      body: NOTHING,
      answers: { 200: { description: "All workers", schema: listOf(WORKER) } },
      handle: () => json({ items: control.workers().map(renderWorker) }),
    }),
    route({
      method: "post",
      path: `${API}/workers/{id}/recycle`,
      access: "operate",
      summary: "Let a worker finish what it runs and end",
      params: ID_PARAMS,
      query: NOTHING,
      body: NOTHING,
      answers: { 202: { description: "It ends after its attempt", schema: STATE } },
      refusals: ["worker_not_found"],
      handle({ params }) {
        if (!control.recycleWorker(params.id)) throw new CofferdamError("worker_not_found", `there is no worker ${params.id}`, { hint: "cofferdam ps lists them." });
        return json({ id: params.id, state: "retiring" }, { status: 202 });
      },
    }),
    route({
      method: "get",
      path: `${API}/types`,
      access: "read",
      summary: "Job types, and the modules that could not be loaded",
      params: NOTHING,
      query: NOTHING,
      body: NOTHING,
      answers: { 200: { description: "What is loaded now", schema: z.strictObject({ items: z.array(TYPE), broken: z.array(BROKEN_MODULE) }) } },
      handle: () => json({ items: control.types().map(renderType), broken: control.brokenModules().map(renderBroken) }),
    }),
    route({
      method: "get",
      path: `${API}/budgets`,
      access: "read",
      summary: "What the job types need of memory, by input size, and the budgets that this suggests",
      params: NOTHING,
      query: NOTHING,
      body: NOTHING,
      answers: { 200: { description: "All job types that are loaded", schema: listOf(BUDGET_ADVICE) } },
      handle: () => json({ items: control.budgets().map(renderBudgetAdvice) }),
    }),
    route({
      method: "get",
      path: `${API}/leaks`,
      access: "read",
      summary: "What the attempts of each job type leave behind: processes, files, handles, heap",
      params: NOTHING,
      query: NOTHING,
      body: NOTHING,
      answers: { 200: { description: "All job types that have run", schema: listOf(LEAKS) } },
      handle: () => json({ items: control.leaks().map(renderLeaks) }),
    }),
    route({
      method: "get",
      path: `${API}/stats`,
      access: "read",
      summary: "Jobs by lane, type and state; times and causes by type",
      params: NOTHING,
      query: z.strictObject({ since: TIME.optional() }),
      body: NOTHING,
      answers: { 200: { description: "Counts now; attempts since `since` (default: the last hour)", schema: STATS } },
      refusals: ["invalid_request"],
      async handle({ query }) {
        const sinceMs = query.since ?? clock.nowMs() - HOUR_MS;
        const [counts, types] = await Promise.all([control.counts(), control.typeStats(sinceMs)]);
        return json({ since: rfc3339(sinceMs), counts: counts.map(renderCount), types: types.map(renderTypeStats) });
      },
    }),
    route({
      method: "post",
      path: `${API}/backup`,
      access: "admin",
      summary: "Copy the whole store to a file on the runtime's machine while it is used",
      params: NOTHING,
      query: NOTHING,
      body: z.strictObject({ file: z.string().min(1).max(4096) }),
      answers: { 201: { description: "Written", schema: z.strictObject({ file: z.string(), bytes: z.number() }) } },
      refusals: ["invalid_request", "store_failed", "store_full"],
      async handle({ body: { file } }) {
        if (!isAbsolute(file))
          throw new CofferdamError("invalid_request", "the backup file must be an absolute path", { errors: [{ pointer: "/file", detail: "is not an absolute path" }] });
        const { bytes } = await control.backup(file);
        return json({ file, bytes }, { status: 201 });
      },
    }),
    route({
      method: "get",
      path: `${API}/version`,
      access: "read",
      summary: "Version of the runtime",
      params: NOTHING,
      query: NOTHING,
      body: NOTHING,
      answers: { 200: { description: "Versions", schema: z.strictObject({ version: z.string(), node: z.string() }) } },
      handle: () => json({ version: options.version, node: process.versions.node }),
    }),
  ];
}
