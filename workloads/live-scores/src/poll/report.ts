import * as z from "zod";
import type { Facts, GroupValues } from "../emit/groups.ts";
import { ERROR_TYPES, SourceError, type ErrorType } from "../errors.ts";

/** What a poller is started with. */
export const pollInput = z.object({
  match_key: z.string(),
  path: z.string(),
  /** Names this start: reports of any other are refused. */
  start_id: z.string(),
  /** Where reports go. */
  handover_url: z.url(),
});
export type PollInput = z.infer<typeof pollInput>;

export const REPORT_SOURCES = ["live", "page", "info", "scorecard", "names"] as const;
export type ReportSource = (typeof REPORT_SOURCES)[number];

/** What a poller says to the service: answers as decoded values, failures, and that a match is over. */
export const reportShape = z.object({
  start_id: z.string(),
  match_key: z.string(),
  said: z.discriminatedUnion("kind", [
    z.object({
      kind: z.literal("answer"),
      source: z.enum(REPORT_SOURCES),
      groups: z.custom<GroupValues>((value) => typeof value === "object" && value !== null),
      facts: z.custom<Facts>((value) => typeof value === "object" && value !== null),
      missing_codes: z.array(z.string().max(200)).max(1000),
      warnings: z.array(z.string().max(500)).max(100),
      took_ms: z.number(),
    }),
    z.object({ kind: z.literal("failure"), source: z.enum(REPORT_SOURCES), error_type: z.enum(ERROR_TYPES), message: z.string().max(1000) }),
    z.object({ kind: z.literal("retry"), operation: z.enum(["renew_headers", "tick"]) }),
    z.object({ kind: z.literal("ended"), reason: z.enum(["gone", "final"]), text: z.string().max(1000) }),
  ]),
});
export type Report = z.infer<typeof reportShape>;
export type Said = Report["said"];

/** The service does not know this start any more: another one has taken its place. */
export class StrangerError extends Error {
  override readonly name = "StrangerError";
}

export interface Handover {
  /** Resolves when what was said is on disk. @throws StrangerError, SourceError `handover` */
  say(said: Said): Promise<void>;
}

const HANDOVER_TIMEOUT_MS = 10_000;

export function createHandover({ match_key, start_id, handover_url }: PollInput, signal: AbortSignal): Handover {
  return {
    async say(said) {
      const status = await post(handover_url, JSON.stringify({ start_id, match_key, said } satisfies Report), signal);
      if (status === 409) throw new StrangerError(`another poller reads match ${match_key}`);
      if (status !== 204) throw new SourceError("handover", `the service answered ${status} to a report`);
    },
  };
}

async function post(url: string, body: string, signal: AbortSignal): Promise<number> {
  try {
    const response = await fetch(url, {
      method: "POST",
      body,
      headers: { "content-type": "application/json" },
      signal: AbortSignal.any([signal, AbortSignal.timeout(HANDOVER_TIMEOUT_MS)]),
    });
    await response.body?.cancel();
    return response.status;
  } catch (error) {
    throw new SourceError("handover", "the service does not take a report", error);
  }
}

export function failure(source: ReportSource, type: ErrorType, error: unknown): Said {
  return { kind: "failure", source, error_type: type, message: (error instanceof Error ? error.message : String(error)).slice(0, 1000) };
}
