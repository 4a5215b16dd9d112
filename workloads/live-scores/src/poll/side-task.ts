/** Work beside the ticks: never delays one, never runs twice at once, not more often than every so often. */
export interface SideTask {
  kick(): void;
  /** Resolves when what runs has ended. */
  idle(): Promise<void>;
}

export function createSideTask(work: () => Promise<void>, { everyMs, nowMs }: { readonly everyMs: number; readonly nowMs: () => number }): SideTask {
  let running: Promise<void> | null = null;
  let begunMs = Number.NEGATIVE_INFINITY;
  return {
    kick() {
      if (running !== null || nowMs() - begunMs < everyMs) return;
      begunMs = nowMs();
      running = work().finally(() => {
        running = null;
      });
    },
    idle: async () => {
      await running;
    },
  };
}
