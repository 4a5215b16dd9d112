import { Hono } from "hono";
import { Refusal } from "../errors.ts";
import { createEnvelope } from "../ingest/envelope.ts";
import type { IngestAbout } from "../ingest/ingest.ts";
import type { Service } from "../service.ts";
import { assertAllowed, keyOf } from "./access.ts";
import { about, fetchBody, parse, readBody } from "./parameters.ts";
import { createRateLimit } from "./rate-limit.ts";
import type { App, AppContext, AppEnvironment } from "./types.ts";

/** What may stand around a payload in the JSON form. */
const ENVELOPE_BYTES = 64 * 1024;

/** Bodies are never held: they flow into pieces as they come. */
export function ingestRoutes(service: Service): App {
  const app = new Hono<AppEnvironment>();
  const { settings } = service;
  const limit = createRateLimit(settings.ingestsPerMinute, Date.now);

  app.use(async (context, next) => {
    assertAllowed(context, settings.ingestApiKey);
    if (settings.ingestApiKey !== null) limit.take(context, keyOf(context) ?? "");
    await next();
  });

  app.post("/snapshots", async (context) => {
    refuseLength(context, settings.bytesMax + ENVELOPE_BYTES);
    const envelope = createEnvelope();
    async function* payload(): AsyncGenerator<Uint8Array> {
      let beside = 0;
      for await (const chunk of bodyOf(context)) {
        beside += chunk.length;
        for (const slice of envelope.push(chunk)) {
          beside -= slice.length;
          yield slice;
        }
        if (beside > ENVELOPE_BYTES) throw new Refusal("INVALID_PAYLOAD", "too much stands around the payload");
      }
      envelope.end();
    }
    return await accept(context, payload(), () => toAbout(parse(about, envelope.end(), "INVALID_PAYLOAD")));
  });

  app.post("/snapshots/raw", async (context) => {
    refuseLength(context, settings.bytesMax);
    const { source = "raw", namecode, priority } = context.req.query();
    const told = toAbout(parse(about, { source, namecode, priority }, "INVALID_PAYLOAD"));
    return await accept(context, notEmpty(bodyOf(context)), () => told);
  });

  app.post("/fetch", async (context) => {
    const { namecode } = parse(fetchBody, await readBody(context));
    const { jobId } = await service.operations.fetch(namecode);
    return context.json({ job_id: jobId, status: "enqueued" }, 202);
  });

  async function accept(context: AppContext, body: AsyncIterable<Uint8Array>, told: () => IngestAbout): Promise<Response> {
    const answer = await service.ingest.accept({
      body,
      about: told,
      idempotencyKey: context.req.header("idempotency-key") ?? null,
      correlationId: context.req.header("x-correlation-id")?.slice(0, 200) ?? null,
    });
    if (answer.replayed) context.header("idempotency-replayed", "true");
    return context.body(JSON.stringify(answer.body), toStatus(answer.status), { "content-type": "application/json" });
  }

  return app;
}

function toAbout({ source, namecode, priority }: ReturnType<typeof about.parse>): IngestAbout {
  return { source, namecode: namecode ?? null, priority };
}

function toStatus(status: number): 201 | 202 | 409 {
  return status === 201 ? 201 : status === 202 ? 202 : 409;
}

/** Says no before the first byte, where the caller says how many there will be. */
function refuseLength(context: AppContext, bytesMax: number): void {
  const length = Number(context.req.header("content-length") ?? 0);
  if (length > bytesMax) throw new Refusal("PAYLOAD_TOO_LARGE", `the body of ${length} bytes is larger than ${bytesMax}`, { details: { bytes_max: bytesMax } });
}

/** The request's bytes, all of them or none. Whoever stops reading leaves the connection as it is: the answer still has to go out on it. */
async function* bodyOf(context: AppContext): AsyncGenerator<Uint8Array> {
  const { incoming } = context.env;
  yield* incoming.iterator({ destroyOnReturn: false });
  if (!incoming.complete) throw new Refusal("INVALID_PAYLOAD", "the body broke off");
}

async function* notEmpty(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    yield chunk;
  }
  if (bytes === 0) throw new Refusal("INVALID_PAYLOAD", "the body is empty");
}
