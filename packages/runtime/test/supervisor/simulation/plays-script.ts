import { defineJob, type JobContext } from "cofferdam";

/** What jobs of a simulation do is played by the process that the simulation made for them. */
export interface Stage {
  play(job: JobContext<unknown>): Promise<unknown>;
  load(ms: number): Promise<void>;
}

let stage: Stage | null = null;

export function setStage(next: Stage | null): void {
  stage = next;
}

/** For modules that take their time to be read. */
export async function load(ms: number): Promise<void> {
  await stage?.load(ms);
}

export default defineJob({ type: "plays-script", run: async (job) => stage?.play(job) });
