import type { Runtime, RuntimeEvent } from "cofferdam";
import { workNote, type WorkNote } from "../work/context.ts";

/** One import while it runs, as /health shows it. */
export interface LiveImport {
  readonly runtimeJobId: string;
  readonly type: string;
  readonly release: string;
  readonly module: string;
  readonly job: string;
  readonly status: "waiting" | "running";
  readonly note: WorkNote | null;
  readonly updates: number;
  readonly lastUpdateMs: number;
  readonly memoryBytes: number;
  readonly memoryPeakBytes: number;
  readonly pids: number;
}

interface Tracked {
  readonly type: string;
  readonly name: { readonly release: string; readonly module: string; readonly job: string };
  status: "waiting" | "running";
  note: WorkNote | null;
  updates: number;
  lastUpdateMs: number;
  memoryPeakBytes: number;
}

/** Follows the jobs that were started here by the runtime's events; knows nothing that is not said there. */
export interface LiveImports {
  track(runtimeJobId: string, type: string, name: Tracked["name"]): void;
  forget(runtimeJobId: string): void;
  observe(event: RuntimeEvent): void;
  list(control: Pick<Runtime["control"], "workers">): LiveImport[];
}

export function createLiveImports(nowMs: () => number): LiveImports {
  const tracked = new Map<string, Tracked>();
  return {
    track(runtimeJobId, type, name) {
      if (!tracked.has(runtimeJobId)) tracked.set(runtimeJobId, { type, name, status: "waiting", note: null, updates: 0, lastUpdateMs: nowMs(), memoryPeakBytes: 0 });
    },
    forget: (runtimeJobId) => void tracked.delete(runtimeJobId),
    observe(event) {
      if (event.kind !== "attempt.started" && event.kind !== "attempt.progress" && event.kind !== "attempt.ended") return;
      const found = tracked.get(event.jobId);
      if (found === undefined) return;
      found.lastUpdateMs = event.atMs;
      if (event.kind === "attempt.started") Object.assign(found, { status: "running", note: null });
      if (event.kind === "attempt.ended") found.status = "waiting";
      if (event.kind !== "attempt.progress") return;
      found.updates += 1;
      found.note = readNote(event.note) ?? found.note;
    },
    list(control) {
      const workers = new Map(control.workers().flatMap((worker) => (worker.attempt === null ? [] : [[worker.attempt.jobId, worker] as const])));
      return [...tracked].map(([runtimeJobId, each]) => {
        const worker = workers.get(runtimeJobId);
        each.memoryPeakBytes = Math.max(each.memoryPeakBytes, worker?.memoryBytes ?? 0);
        const { type, name, status, note, updates, lastUpdateMs, memoryPeakBytes } = each;
        const { release, module, job } = name;
        return { runtimeJobId, type, release, module, job, status, note, updates, lastUpdateMs, memoryPeakBytes, memoryBytes: worker?.memoryBytes ?? 0, pids: worker?.tasks ?? 0 };
      });
    },
  };
}

function readNote(note: string | null): WorkNote | null {
  if (note === null || !note.startsWith("{")) return null;
  try {
    return workNote.safeParse(JSON.parse(note)).data ?? null;
  } catch {
    return null;
  }
}
