import { join } from "node:path";
import { text } from "node:stream/consumers";
import { PassThrough } from "node:stream";
import { contain, type Enforcement, type Outcome } from "cofferdam";
import { OOM_KILLED } from "./fleet.ts";
import type { Voyage } from "./voyage.ts";

/** What small-harbour.ts writes of the job in it. */
export type Inner = Pick<Outcome, "verdict" | "leaks" | "enforcement">;

/**
 * A real OOM kill, without harming the machine: a compartment in a compartment. The kernel's killer strikes at the outer one's limit and chooses the inner job,
 * which is far below its own. Only where the kernel enforces memory for both.
 */
export async function drainHarbour(enforcement: Enforcement, signal: AbortSignal): Promise<Voyage> {
  if (enforcement.memory !== "kernel") return notShown("memory is polled here, so the kernel's OOM killer is never met; run on a machine with a delegated memory cgroup");
  const stdout = new PassThrough();
  const [outer, answer] = await Promise.all([
    contain({ command: [process.execPath, join(import.meta.dirname, "small-harbour.ts")], budget: { memory: "256MB", time: "30s" }, signal, stdout }).finally(() => stdout.end()),
    text(stdout),
  ]);
  return answer === "" ? notShown(`the compartment around it ended first: ${outer.verdict.summary}`) : voyageOf(JSON.parse(answer) as Inner);
}

/** In cgroup v2 a compartment with processes of its own cannot give memory limits to those inside it: then no counter names the victim, and `killed` is all that can be said. */
export function voyageOf({ verdict, leaks, enforcement }: Inner): Voyage {
  if (enforcement.memory !== "kernel") return notShown(`the inner compartment has no memory cgroup here: ${verdict.summary}`);
  return { kind: "ended", ship: OOM_KILLED, verdict, leaks };
}

function notShown(why: string): Voyage {
  return { kind: "not-shown", ship: OOM_KILLED, why };
}
