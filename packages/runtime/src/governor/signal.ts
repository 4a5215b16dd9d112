import { readStat, type ProcessIdentity } from "./proc.ts";

export type SignalName = "SIGTERM" | "SIGKILL" | "SIGSTOP" | "SIGCONT" | "SIGINT" | "SIGHUP" | "SIGUSR1";

/**
 * Sends a signal to exactly this process: its start time is read again directly before, so that a reused pid is never hit.
 * @returns "sent", "gone", or "denied" when the kernel refuses (another user's process).
 */
export function signalProcess(identity: ProcessIdentity, signal: SignalName): "sent" | "gone" | "denied" {
  if (identity.pid <= 1) return "denied";
  const stat = readStat(identity.pid);
  if (stat === null || stat.startTicks !== identity.startTicks) return "gone";
  try {
    process.kill(identity.pid, signal);
    return "sent";
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "ESRCH" ? "gone" : "denied";
  }
}
