import { rmSync } from "node:fs";
import type { BrowserCensus } from "./census.ts";
import { signalProcess, type ProcessIdentity } from "./proc.ts";

export interface HeldBrowser {
  readonly directory: string;
  readonly ledger: string;
  readonly root: ProcessIdentity | null;
  readonly census: BrowserCensus;
}

/** Browsers that this process has started and that are not proven gone. */
const held = new Set<HeldBrowser>();
/** For each of them. The kernel takes some 30 ms, on a busy machine far longer; who needs more than this is in uninterruptible sleep. */
const EXIT_PATIENCE_MS = 2000;

/** From now on an exit of this process (`process.exit`, an uncaught error) takes the browser with it. No signal handler: those would keep the process alive. */
export function holdUntilGone(browser: HeldBrowser): void {
  if (held.size === 0) process.on("exit", endAllNow);
  held.add(browser);
}

export function letGo(browser: HeldBrowser): void {
  held.delete(browser);
  if (held.size === 0) process.off("exit", endAllNow);
}

/** An exit handler may not wait for events: looks and sleeps are synchronous. */
function endAllNow(): void {
  const sleep = new Int32Array(new SharedArrayBuffer(4));
  for (const browser of held) {
    const startMs = performance.now();
    let members = browser.census.members();
    const init = browser.census.init(members);
    if (init !== null) signalProcess(init, "SIGKILL");
    for (; members.length > 0 && performance.now() - startMs < EXIT_PATIENCE_MS; members = browser.census.members()) {
      for (const member of members) if (init === null || performance.now() - startMs > 50) signalProcess(member, "SIGKILL");
      Atomics.wait(sleep, 0, 0, 5);
    }
    // While something lives in it the ledger stays: a sweep tries again.
    if (members.length > 0) continue;
    rmSync(browser.directory, { recursive: true, force: true, maxRetries: 2 });
    rmSync(browser.ledger, { force: true });
  }
}
