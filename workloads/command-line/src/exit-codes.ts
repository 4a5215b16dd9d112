/** How a program of a workload ends: 0 done, 1 failed, 2 wrong use, 3 wrong configuration, 4 nothing matched, 5 done in part, 6 refused. */
export const EXIT = { done: 0, failed: 1, usage: 2, configuration: 3, nothingMatched: 4, partial: 5, refused: 6 } as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/**
 * Ends a command with this code and a sentence for the person.
 *
 * @example throw new CommandError(EXIT.usage, "--port x: not a whole number", "For example --port 8000.");
 */
export class CommandError extends Error {
  override readonly name = "CommandError";
  readonly exitCode: ExitCode;
  /** What to do next. */
  readonly hint: string | null;

  constructor(exitCode: ExitCode, message: string, hint: string | null = null) {
    super(message);
    this.exitCode = exitCode;
    this.hint = hint;
  }
}
