import type { Leak, Verdict } from "cofferdam";
import type { Ship } from "./fleet.ts";

/** How a ship ended, or why this machine cannot show it. */
export type Voyage =
  | { readonly kind: "ended"; readonly ship: Ship; readonly verdict: Verdict; readonly leaks: readonly Leak[] }
  | { readonly kind: "not-shown"; readonly ship: Ship; readonly why: string };

/** right: the cause is the expected one and the evidence proves it. */
export function judge(voyage: Voyage): "right" | "wrong" | "not shown" {
  if (voyage.kind === "not-shown") return "not shown";
  const { ship, verdict, leaks } = voyage;
  return verdict.cause === ship.expected && ship.proof.test(JSON.stringify({ verdict, leaks })) ? "right" : "wrong";
}

/** The innermost frame of a blocked loop; else the first two facts. */
export function evidenceOf(voyage: Voyage): string {
  if (voyage.kind === "not-shown") return voyage.why;
  const [leak] = voyage.leaks;
  if (leak !== undefined && voyage.verdict.cause === "succeeded") return `left behind: ${leak.command} (${leak.state})`;
  const [frame] = voyage.verdict.stack;
  if (frame !== undefined) return frame;
  const facts = voyage.verdict.evidence.slice(0, 2).map(({ fact, value, source }) => `${fact}: ${value} (${source})`);
  return facts.length === 0 ? voyage.verdict.summary : facts.join("; ");
}
