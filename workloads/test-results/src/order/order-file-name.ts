export interface OrderFileName {
  readonly kind: "main" | "rerun";
  readonly topology: string;
  /** When the run began; 0 when the name does not say. */
  readonly epoch: number;
}

const ENDING = ".order.txt";

export function isOrderFile(name: string): boolean {
  return name.endsWith(ENDING);
}

/**
 * `<epoch>_bp_<topology>.order.txt`, or `re_run_bp_<topology>.order.txt` for a rerun.
 * @example parseOrderFileName("re_run_bp_others_routing.order.txt").topology === "others_routing"
 */
export function parseOrderFileName(name: string): OrderFileName {
  const parts = name.slice(0, isOrderFile(name) ? -ENDING.length : undefined).split("_");
  const kind = parts[0] === "re" && parts[1] === "run" ? "rerun" : "main";
  const topology = parts.slice(kind === "rerun" ? 3 : 2).join("_");
  const first = parts[0] ?? "";
  return { kind, topology: topology === "" ? "unknown" : topology, epoch: kind === "main" && /^\d+$/.test(first) ? Number(first) : 0 };
}

/** Main files by ascending epoch, then the reruns; equal ones by name, so that the order never depends on the directory. */
export function compareOrderFiles(a: string, b: string): number {
  const [left, right] = [parseOrderFileName(baseName(a)), parseOrderFileName(baseName(b))];
  if (left.kind !== right.kind) return left.kind === "main" ? -1 : 1;
  return left.epoch - right.epoch || (a < b ? -1 : a > b ? 1 : 0);
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
