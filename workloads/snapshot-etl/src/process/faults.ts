/** Memory and loops on purpose, for chosen snapshots: how the containment is tested. Never set in production. */
export interface Faults {
  /** Snapshot id, or "*" for every one, to megabytes. */
  readonly ballastMb: Readonly<Record<string, number>>;
  readonly spinIds: readonly string[];
}

/** @param ballast "300", "7:300,9:500" or "" @param spin "7,9" or "" */
export function readFaults(ballast: string, spin: string): Faults {
  const parts = split(ballast).map((part): readonly [string, number] => {
    const [first = "", second] = part.split(/[:=]/);
    return second === undefined ? ["*", Number(first)] : [first.trim(), Number(second)];
  });
  return { ballastMb: Object.fromEntries(parts.filter(([, megabytes]) => megabytes > 0)), spinIds: split(spin) };
}

function split(written: string): string[] {
  return written
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
}

const MEGABYTE = 1024 * 1024;

/** Holds the ballast until the caller lets go of what is returned; loops for ever when it was told to. Announces nothing: a real profile does not either. */
export function commitFaults(faults: Faults, snapshotId: number): readonly Uint8Array[] {
  if (faults.spinIds.includes(String(snapshotId))) for (;;);
  const megabytes = faults.ballastMb[String(snapshotId)] ?? faults.ballastMb["*"] ?? 0;
  return Array.from({ length: Math.ceil(megabytes) }, () => new Uint8Array(MEGABYTE).fill(1));
}
