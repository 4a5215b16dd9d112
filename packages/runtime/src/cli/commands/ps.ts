import { formatBytes } from "../../model/index.ts";
import type { renderWorker } from "../../query/index.ts";
import { openClient, type ClientOptions } from "../client.ts";
import { relative } from "../moment.ts";
import type { CommandContext } from "../program.ts";
import { formatTable } from "../table.ts";
import { writeJson } from "../terminal.ts";
import type { JsonOption } from "./options.ts";

type WorkerJson = ReturnType<typeof renderWorker>;

export async function ps({ terminal }: CommandContext, options: ClientOptions & JsonOption): Promise<number> {
  const client = await openClient(terminal, options);
  const { items } = await client.get<{ readonly items: readonly WorkerJson[] }>("/api/v1/workers");
  const now = terminal.nowMs();
  if (options.json) writeJson(terminal, { items });
  else if (items.length > 0)
    terminal.data(
      formatTable(
        ["pid", "state", "memory", "tasks", "done", "since", "lane", "type", "stage", "kept", "job"],
        items.map((worker) => rowOf(worker, now)),
      ),
    );
  else terminal.note("no worker is running");
  return 0;
}

function rowOf(worker: WorkerJson, nowMs: number): string[] {
  const { attempt } = worker;
  const limit = worker.memory_limit_bytes === null ? "" : ` of ${formatBytes(worker.memory_limit_bytes)}`;
  return [
    String(worker.pid),
    worker.state,
    `${formatBytes(worker.memory_bytes)}${limit}`,
    String(worker.tasks),
    String(worker.attempts_done),
    relative(attempt?.since ?? worker.started_at, nowMs),
    attempt?.lane ?? "",
    attempt?.type ?? "",
    attempt?.stage ?? "",
    worker.kept.map(({ what, processes }) => `${what} (${processes})`).join(", "),
    attempt?.job_id ?? "",
  ];
}
