import { packSample, unpackSample, type FlightSample, type MachineState, type TreeListing } from "../model/index.ts";

/** What one line of a flight file says of one attempt. */
export type FlightLine =
  | { readonly kind: "sample"; readonly attemptId: string; readonly sample: FlightSample }
  | { readonly kind: "tree"; readonly attemptId: string; readonly tree: TreeListing }
  | { readonly kind: "machine"; readonly attemptId: string; readonly machine: MachineState; readonly release: string | null };

/** One line, ended by a newline: a tail that was cut off never parses. */
export function encodeLine(line: FlightLine): string {
  switch (line.kind) {
    case "sample":
      return `${JSON.stringify({ a: line.attemptId, s: packSample(line.sample) })}\n`;
    case "tree":
      return `${JSON.stringify({ a: line.attemptId, t: line.tree })}\n`;
    case "machine":
      return `${JSON.stringify({ a: line.attemptId, m: line.machine, r: line.release })}\n`;
  }
}

/** Reads what can be read: lines that are damaged, cut off or of a kind that is not known are passed over. */
export function parseLines(text: string): readonly FlightLine[] {
  return text.split("\n").flatMap((line) => parseLine(line) ?? []);
}

function parseLine(text: string): FlightLine | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (!isRecord(value) || typeof value["a"] !== "string") return null;
  const attemptId = value["a"];
  if (Array.isArray(value["s"])) {
    const sample = unpackSample(value["s"]);
    return sample === null ? null : { kind: "sample", attemptId, sample };
  }
  const { t: tree, m: machine, r: release } = value;
  if (isRecord(tree) && typeof tree["atMs"] === "number" && Array.isArray(tree["processes"])) return { kind: "tree", attemptId, tree: tree as unknown as TreeListing };
  if (isRecord(machine) && typeof machine["atMs"] === "number" && typeof machine["bootId"] === "string")
    return { kind: "machine", attemptId, machine: machine as unknown as MachineState, release: typeof release === "string" ? release : null };
  return null;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
