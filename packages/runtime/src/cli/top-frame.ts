import { formatBytes, formatDuration } from "../model/index.ts";
import type { renderActivity } from "../query/index.ts";
import { formatTable } from "./table.ts";
import { counted } from "./text.ts";

export type ActivityFrame = ReturnType<typeof renderActivity>;
type Active = ActivityFrame["workers"][number];

/** What matters most stands left: a narrow terminal cuts the rest. */
const HEADER = ["pid", "state", "memory", "pids", "cpu", "type", "lane", "progress", "since", "cpu time", "job"];

/** One frame in words. `before`: the frame before, from which the share of a CPU is reckoned. Pure. */
export function formatFrame(frame: ActivityFrame, before: ActivityFrame | null): string {
  const { workers, memory, at } = frame;
  const busy = workers.filter(({ worker }) => worker.state === "busy").length;
  const capacity = memory.capacity_bytes === null ? "" : ` of ${formatBytes(memory.capacity_bytes)}`;
  const head = [
    `${at}  ${counted(workers.length, "worker")}, ${busy} busy`,
    `used ${formatBytes(memory.used_bytes)}, reserved ${formatBytes(memory.reserved_bytes)}${capacity}, available ${formatBytes(memory.available_bytes)}, pressure ${memory.pressure}`,
  ];
  const nowMs = Date.parse(at);
  const earlier = new Map(before?.workers.map((active) => [active.worker.id, active.cpu_seconds]));
  const seconds = before === null ? 0 : (nowMs - Date.parse(before.at)) / 1000;
  const rows = workers.map((active) => rowOf(active, nowMs, cpuShare(active.cpu_seconds, earlier.get(active.worker.id) ?? null, seconds)));
  return [...head, "", rows.length === 0 ? "no worker is running" : formatTable(HEADER, rows)].join("\n");
}

/** "85 %" of one CPU; "" where there is nothing to compare with. */
function cpuShare(now: number | null, before: number | null, seconds: number): string {
  if (now === null || before === null || seconds <= 0) return "";
  return `${Math.max(0, Math.round(((now - before) / seconds) * 100))} %`;
}

function rowOf({ worker, cpu_seconds: cpuSeconds, progress }: Active, nowMs: number, share: string): string[] {
  const { attempt } = worker;
  const limit = worker.memory_limit_bytes === null ? "" : ` of ${formatBytes(worker.memory_limit_bytes)}`;
  const since = attempt?.since ?? worker.started_at;
  return [
    String(worker.pid),
    worker.state,
    `${formatBytes(worker.memory_bytes)}${limit}`,
    String(worker.tasks),
    share,
    attempt?.type ?? "",
    attempt?.lane ?? "",
    [progressText(progress), attempt?.stage ?? ""].filter((part) => part !== "").join(" · "),
    since === null ? "" : formatDuration(Math.max(0, Math.round((nowMs - Date.parse(since)) / 1000) * 1000)),
    cpuSeconds === null ? "" : `${cpuSeconds.toFixed(1)} s`,
    attempt?.job_id ?? "",
  ];
}

function progressText(progress: Active["progress"]): string {
  if (progress === null) return "";
  const { done, total, note } = progress;
  const counts = done === null ? "" : total === null ? String(done) : `${done} of ${total}`;
  return [counts, note ?? ""].filter((part) => part !== "").join(" ");
}
