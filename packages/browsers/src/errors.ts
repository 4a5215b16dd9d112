/**
 * What can go wrong with a browser.
 * - `chromium_not_found`: there is none at any place where one was looked for; the message lists them and says what to install.
 * - `launch_failed`: it was started and did not answer; the message ends with the last lines that it wrote.
 * - `browser_died`: it ended, or was ended from outside, while it was used.
 * - `deadline`: the time is over; what remained was the reserve for closing.
 * - `session_closed`: used after `close()`.
 * - `leaked`: contexts or pages were never closed (only with `leaks: "throw"`).
 * - `not_gone`: processes of the browser could not be ended; the message lists them.
 * - `invalid_option`: an option of the caller.
 */
export const BROWSER_ERROR_CODES = ["chromium_not_found", "launch_failed", "browser_died", "deadline", "session_closed", "leaked", "not_gone", "invalid_option"] as const;
export type BrowserErrorCode = (typeof BROWSER_ERROR_CODES)[number];

/** The one error of this package. What the page itself does wrong (a failed navigation, a missing element) stays Playwright's own error; an aborted signal rejects with the signal's own reason. */
export class BrowserError extends Error {
  override readonly name = "BrowserError";
  readonly code: BrowserErrorCode;

  constructor(code: BrowserErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }
}

export function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
