/** What an engine must offer to be measured; every promise resolves when the engine calls the job stored. */
export interface Enqueuing {
  one(sequence: number): Promise<unknown>;
  bulk(from: number, count: number): Promise<unknown>;
  /** How many jobs the engine itself says it holds. */
  stored(): Promise<number>;
}

export interface EnqueueParams {
  readonly scratch: string;
  readonly seconds: number;
  readonly callers: number;
  readonly bulkSize: number;
  /** Socket or URL of the engine's server. */
  readonly server: string;
}

export interface EnqueueFigures extends Record<string, number> {
  readonly single: number;
  readonly many: number;
  readonly bulk: number;
}

/** Jobs per second, one caller, many callers at once, and in bulk; all acknowledged jobs are then counted in the engine. */
export async function measureEnqueue(engine: Enqueuing, { seconds, callers, bulkSize }: EnqueueParams): Promise<EnqueueFigures> {
  let sequence = 0;
  const next = (): number => (sequence += 1);
  const measure = async (atOnce: number, forSeconds: number, step: () => Promise<number>): Promise<number> => {
    const startMs = performance.now();
    const endMs = startMs + forSeconds * 1000;
    let done = 0;
    const caller = async (): Promise<void> => {
      while (performance.now() < endMs) {
        const count = await step();
        done += count;
      }
    };
    await Promise.all(Array.from({ length: atOnce }, caller));
    return (done * 1000) / (performance.now() - startMs);
  };
  const addOne = async (): Promise<number> => {
    await engine.one(next());
    return 1;
  };
  const addBulk = async (): Promise<number> => {
    const from = sequence;
    sequence += bulkSize;
    await engine.bulk(from, bulkSize);
    return bulkSize;
  };
  await measure(callers, Math.min(1, seconds), addOne);
  await addBulk();
  const figures = { single: await measure(1, seconds, addOne), many: await measure(callers, seconds, addOne), bulk: await measure(1, seconds, addBulk) };
  const stored = await engine.stored();
  if (stored !== sequence) throw new Error(`${sequence} jobs were acknowledged and ${stored} are stored`);
  return figures;
}

/** The same small payload for every engine. */
export function payload(sequence: number): { readonly sequence: number; readonly path: string } {
  return { sequence, path: `reports/2026/11/${sequence}.xml` };
}
