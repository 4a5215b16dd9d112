import { createHash } from "node:crypto";
import type { AttemptRecord, JobRecord, Runtime, RuntimeEvent } from "cofferdam";
import * as z from "zod";
import type { LiveImports } from "./live-imports.ts";
import { JOB_TYPES, type JobTypeName } from "../work/types.ts";
import type { JobEnd, JobRunner, RunOptions } from "./job-runner.ts";

const OWN_CAUSES = new Set(["oversize", "malformed", "network", "not_junit", "not_found", "unauthorized", "no_input", "usage"]);
const ENDED = new Set(["succeeded", "failed", "cancelled", "quarantined"]);

/** Whoever died of these waits in quarantine, and the database says until when. Anything else is asked for again by the next poll. */
const HELD: ReadonlySet<JobTypeName> = new Set([JOB_TYPES.import, JOB_TYPES.importLarge]);

const named = z.object({ release: z.string(), module: z.string(), job: z.string() });

/** Runs jobs on a runtime: enqueue, wait for the end, read the result or the verdict. */
export function createRuntimeRunner(runtime: Runtime, live: LiveImports, onEnd: (type: JobTypeName, end: JobEnd) => void = () => undefined): JobRunner & { stop(): void } {
  const { control } = runtime;
  const waiting = new Map<string, (() => void)[]>();
  const stop = runtime.onEvent((event: RuntimeEvent) => {
    live.observe(event);
    // A job that will be tried again is settled too, but has not ended.
    if (event.kind === "job.settled" && ENDED.has(event.state)) wake(event.jobId);
  });

  function wake(id: string): void {
    for (const resolve of waiting.get(id) ?? []) resolve();
    waiting.delete(id);
  }

  /** Listening comes before looking, so that no end is missed between the two. */
  async function ended(id: string): Promise<JobRecord> {
    const settled = new Promise<void>((resolve) => {
      waiting.set(id, [...(waiting.get(id) ?? []), resolve]);
    });
    // It may have ended before: then nobody says so any more.
    if (ENDED.has((await control.job(id)).state)) wake(id);
    await settled;
    return await control.job(id);
  }

  /** The job that does it: a new one, or one that was asked for before, also by a process that ended. */
  async function enqueue(type: JobTypeName, input: string, { key, released = false }: RunOptions): Promise<string> {
    let mayDiscard = released;
    for (;;) {
      const { id, state, deduplicated } = await control.enqueue({ type, input, uniqueKey: uniqueKeyOf(key) });
      if (!deduplicated) return id;
      if (state === "quarantined") {
        if (!mayDiscard) return id;
        await discard(id);
      } else {
        if ((await control.document(id, "input")) === input) return id;
        await ended(id);
      }
      // What dies only now was not released by anybody.
      mayDiscard = false;
    }
  }

  /** Somebody else may have discarded or released it in the meantime. */
  async function discard(id: string): Promise<void> {
    await control.discardQuarantined(id).catch(() => undefined);
  }

  return {
    stop,
    async run(type, input, options) {
      const id = await enqueue(type, JSON.stringify(input), options);
      const name = named.safeParse(input);
      if (name.success) live.track(id, type, name.data);
      try {
        const end = await endOf(control, await ended(id));
        if (end.kind === "quarantined" && !HELD.has(type)) await discard(id);
        onEnd(type, end);
        return end;
      } finally {
        live.forget(id);
      }
    },
  };
}

const KEY_CHARACTERS_MAX = 200;

function uniqueKeyOf(key: string): string {
  return key.length <= KEY_CHARACTERS_MAX ? key : createHash("sha256").update(key).digest("hex");
}

async function endOf(control: Runtime["control"], job: JobRecord): Promise<JobEnd> {
  if (job.state !== "succeeded") return await failureOf(control, job);
  const result = await control.document(job.id, "result");
  return { kind: "succeeded", result: result === null ? null : JSON.parse(result) };
}

async function failureOf(control: Runtime["control"], job: JobRecord): Promise<JobEnd> {
  const last: AttemptRecord | undefined = (await control.attempts(job.id)).toSorted((a, b) => a.attempt - b.attempt).at(-1);
  const code = last?.verdict.error?.code ?? null;
  const cause = code !== null && OWN_CAUSES.has(code) ? code : (job.cause ?? "cancelled");
  const said = cause === code ? last?.verdict.error?.message : undefined;
  return { kind: job.state === "quarantined" ? "quarantined" : "failed", cause, summary: said ?? job.summary ?? job.state };
}
