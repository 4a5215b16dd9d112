/** A browser that is not there or does not start, no descriptors, no disk, no memory: whatever the domain, it would have failed here. */
const CODES = new Set(["chromium_not_found", "launch_failed", "invalid_option", "EMFILE", "ENFILE", "ENOSPC", "EDQUOT", "ENOMEM"]);

/** Whether our machine is what failed, by the codes of the error and of what caused it. */
export function isOfMachine(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return ("code" in error && CODES.has(String(error.code))) || isOfMachine(error.cause);
}
