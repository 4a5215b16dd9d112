import type { StageSighting } from "../model/index.ts";
import type { Clock } from "../platform/index.ts";
import type { StageMessage } from "../wire/index.ts";

/** What the watch must know of the stage that is nearest to its end. Times are monotonic. */
export interface StageDeadline {
  readonly name: string;
  readonly budgetMs: number;
  readonly sinceMs: number;
  /** When its function must have returned. */
  readonly dueMs: number;
}

/** The stages of one attempt, as its worker tells of them. */
export interface StageBoard {
  note(message: StageMessage): void;
  /** The open stage that must end first; null while none is open. */
  next(): StageDeadline | null;
  /** The innermost open stage; null while none is open. */
  current(): string | null;
  /** The attempt ends: what is open now was open at its end. The first call counts. */
  freeze(): void;
  /** Open stages, outermost first, and the last one that was cut. */
  seen(): readonly StageSighting[];
}

interface Stage {
  readonly name: string;
  readonly budgetMs: number;
  readonly sinceMs: number;
  cutMs: number | null;
}

/** How long the function of a stage may take to return after its signal was aborted. */
export const STAGE_GRACE_MS = 500;
/** A worker that did not even say that a stage's time is over has a loop that is blocked, or too little CPU: it is given twice as long. */
const UNSAID_GRACE_MS = 2 * STAGE_GRACE_MS;

export function createStageBoard(clock: Clock): StageBoard {
  const open = new Map<number, Stage>();
  let lastCut: StageSighting | null = null;
  let frozen: readonly StageSighting[] | null = null;

  function sight(stage: Stage): StageSighting {
    return { name: stage.name, budgetMs: stage.budgetMs, elapsedMs: Math.round(clock.monotonicMs() - stage.sinceMs), state: stage.cutMs === null ? "open" : "cut" };
  }

  function seen(): readonly StageSighting[] {
    const now = [...open.values()].map(sight);
    return lastCut === null ? now : [...now, lastCut];
  }

  return {
    note(message) {
      const stage = open.get(message.stage);
      if (message.change === "entered") open.set(message.stage, { name: message.name, budgetMs: message.budgetMs, sinceMs: clock.monotonicMs(), cutMs: null });
      else if (message.change === "cut" && stage !== undefined) stage.cutMs = clock.monotonicMs();
      else if (message.change === "left" && stage !== undefined) {
        if (stage.cutMs !== null) lastCut = { ...sight(stage), state: "timed-out" };
        open.delete(message.stage);
      }
    },
    next() {
      let first: StageDeadline | null = null;
      for (const { name, budgetMs, sinceMs, cutMs } of open.values()) {
        const dueMs = cutMs === null ? sinceMs + budgetMs + UNSAID_GRACE_MS : cutMs + STAGE_GRACE_MS;
        if (first === null || dueMs < first.dueMs) first = { name, budgetMs, sinceMs, dueMs };
      }
      return first;
    },
    current: () => [...open.values()].at(-1)?.name ?? null,
    freeze() {
      frozen ??= seen();
    },
    seen: () => frozen ?? seen(),
  };
}
