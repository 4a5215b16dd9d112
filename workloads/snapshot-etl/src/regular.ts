export interface Regular {
  /** Waits for what is under way. */
  stop(): Promise<void>;
}

/** Does the work again `everyMs` after it ended, until it is stopped. */
export function createRegular(everyMs: number, work: () => Promise<void>, onError: (error: unknown) => void): Regular {
  let timer: NodeJS.Timeout | null = null;
  let running: Promise<void> = Promise.resolve();
  let stopped = false;
  const plan = (): void => {
    timer = setTimeout(() => {
      running = work()
        .catch(onError)
        .then(() => (stopped ? undefined : plan()));
    }, everyMs);
  };
  plan();
  return {
    async stop() {
      stopped = true;
      if (timer !== null) clearTimeout(timer);
      await running;
    },
  };
}
