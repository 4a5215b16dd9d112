import { startStandIn as startSite, type Answer, type FaultHandler, type StandIn, type Visit } from "workload-stand-in";
import * as z from "zod";
import { profileText } from "../generate/profile-text.ts";
import { SIZES, type Flaw, type SizeName } from "../generate/sizes.ts";

const call = z.object({ functionName: z.literal("get_hero_profile"), NameCode: z.string() });
const FLAWED = ["malformed", "truncated", "missing-profile", "unknown-fields", "bad-troop", "deep"] as const satisfies readonly Flaw[];

/**
 * A small upstream on loopback; faults are ordered by `namecode` and hit one request unless `count` says otherwise.
 *
 * @param port 0 picks a free one
 */
export async function startStandIn(port: number, size: SizeName = "small"): Promise<StandIn> {
  const flawed = FLAWED.map((flaw): [string, FaultHandler] => [flaw, ({ visit, send }) => send(answerCall(visit, size, flaw))]);
  const site = await startSite(
    {
      answer: (visit) => answerCall(visit, size, "none"),
      faults: { ...Object.fromEntries(flawed), huge: ({ visit, send }) => send(answerCall(visit, "huge", "none")), reset: resetMidway },
      hits: ({ namecode }, visit) => namecode === undefined || namecode === null || namecode === nameCodeOf(visit),
      countDefault: 1,
    },
    port,
  );
  return { ...site, url: `${site.url}/call_function` };
}

function answerCall(visit: Visit, size: SizeName, flaw: Flaw): Answer {
  if (visit.method !== "POST") return json(405, { error: "POST get_hero_profile" });
  const nameCode = nameCodeOf(visit);
  if (nameCode === null) return json(400, { error: "functionName must be get_hero_profile, with a NameCode" });
  const n = Number(/^GEN(\d+)_/.exec(nameCode)?.[1] ?? Number.NaN);
  if (!Number.isSafeInteger(n)) return json(404, { error: "no such profile" });
  return { headers: { "content-type": "application/json" }, body: profileText({ n, shape: SIZES[size], flaw }) };
}

/** A connection that is cut after the first piece, as an upstream that dies while it answers. */
const resetMidway: FaultHandler = async ({ response, answer }) => {
  const [first = ""] = answer.body;
  response.writeHead(answer.status ?? 200, answer.headers);
  await new Promise((resolve) => response.write(first, resolve));
  response.destroy();
};

function nameCodeOf({ body }: Visit): string | null {
  try {
    return call.parse(JSON.parse(body)).NameCode;
  } catch {
    return null;
  }
}

function json(status: number, value: object): Answer {
  return { status, headers: { "content-type": "application/json" }, body: JSON.stringify(value) };
}
