import { join } from "node:path";
import { text } from "node:stream/consumers";
import { PassThrough } from "node:stream";
import { contain, type Enforcement, type Leak, type Verdict } from "cofferdam";
import { OOM_KILLED } from "./fleet.ts";
import type { Voyage } from "./voyage.ts";

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
  if (answer === "") return notShown(`the compartment around it ended first: ${outer.verdict.summary}`);
  // Written by small-harbour.ts.
  const { verdict, leaks } = JSON.parse(answer) as { readonly verdict: Verdict; readonly leaks: readonly Leak[] };
  // In cgroup v2 a compartment with processes of its own cannot give memory limits to those inside it.
  if (verdict.cause !== "oom-killed" && enforcement.tier === "cgroup" && !JSON.stringify(verdict).includes("oom"))
    return notShown(`the inner compartment has no memory cgroup here: ${verdict.summary}`);
  return { kind: "ended", ship: OOM_KILLED, verdict, leaks };
}

function notShown(why: string): Voyage {
  return { kind: "not-shown", ship: OOM_KILLED, why };
}
