import type { BreakerOptions, JobContext } from "../define.ts";
import type { AssignedWork, AttemptAssignment } from "../wire/index.ts";
import type { LazyBreakers } from "./lazy-breakers.ts";
import type { Checkpoints } from "./checkpoints.ts";
import type { Counts } from "./counts.ts";
import type { KeptShelf } from "./keeper.ts";
import type { PressureEar } from "./pressure.ts";
import type { Scratch } from "./scratch.ts";
import type { Stages } from "./stages.ts";
import type { HostLink } from "./wire-end.ts";

/** What this worker has for the jobs that run in it. */
export interface Provisions {
  readonly send: HostLink["send"];
  readonly scratch: Scratch;
  readonly pressure: PressureEar;
  readonly counts: Counts;
  readonly kept: KeptShelf;
  readonly checkpoints: Checkpoints;
  readonly breakers: LazyBreakers;
}

/** One attempt as the worker sees it, from its assignment to its end. */
export interface OpenAttempt {
  readonly work: AssignedWork;
  readonly assignment: AttemptAssignment;
  /** Whether it is the one that runs now. */
  isRunning(): boolean;
  /** Its signal; made when the job first asks for it, or is asked to end. */
  signal(): AbortSignal;
  /** Its stages; made when the job first enters one. */
  stages(): Promise<Stages>;
}

/** What the job's function is given. Words that come after the attempt's end are refused, or nobody's. */
export function createJobContext(own: OpenAttempt, { input, resumeFrom }: { readonly input: unknown; readonly resumeFrom: unknown }, provisions: Provisions): JobContext<unknown> {
  const { send, scratch, pressure, counts, kept, checkpoints, breakers } = provisions;
  const { jobId, attemptId, attempt } = own.assignment;
  const { type } = own.work;
  return {
    id: jobId,
    attemptId,
    attempt,
    type,
    input,
    get signal() {
      return own.signal();
    },
    resumeFrom,
    scratch: scratch.path,
    progress({ done, total, note }) {
      if (!own.isRunning()) return;
      send({ kind: "progress", attemptId, done: finiteOrNull(done), total: finiteOrNull(total), note: note === undefined ? null : String(note).slice(0, 500) });
    },
    get pressure() {
      return pressure.level();
    },
    onPressure: (listener) => pressure.listen(listener),
    async checkpoint(value) {
      if (!own.isRunning()) throw new Error("checkpoint() was called after the attempt had ended");
      return checkpoints.save(attemptId, value);
    },
    async stage(name, budget, work) {
      if (!own.isRunning()) throw new Error("stage() was called after the attempt had ended");
      return (await own.stages()).run(name, budget, work);
    },
    breaker: (key, options: BreakerOptions = {}) => breakers.of(key, options),
    /** Also what ends long after its attempt is counted, such as a kept browser: nobody beats for it then. */
    count(name, by = 1) {
      counts.add(type, name, by);
      if (!own.isRunning()) counts.flush();
    },
    keeper: kept.doorFor(type, () => own.isRunning() && pressure.level() === "none"),
  };
}

function finiteOrNull(value: number | undefined): number | null {
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}
