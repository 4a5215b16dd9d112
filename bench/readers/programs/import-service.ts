// The service of test-results in a process of its own, as `test-results serve` starts it: compiled code is shared with the processes that it starts. argv: a directory. Asked over IPC.
import { join } from "node:path";
import { keepCompiledCode, shareCompiledCode } from "../../../workloads/command-line/src/compiled-code.ts";

const [directory = "."] = process.argv.slice(2);
shareCompiledCode(join(directory, "..", "compiled"));
const { readSettings } = await import("../../../workloads/test-results/src/settings.ts");
const { startService } = await import("../../../workloads/test-results/src/service.ts");
const settings = readSettings({ ...process.env, DB_PATH: join(directory, "results.db"), RUNTIME_DIR: join(directory, "runtime"), LOGS_BASE_PATH: join(directory, "logs") });
const service = await startService({ settings, http: false });
keepCompiledCode();

process.on("message", (request: Parameters<typeof service.conductor.importNow>[0] | "stop") => void answer(request));
process.send?.("started");

async function answer(request: Parameters<typeof service.conductor.importNow>[0] | "stop"): Promise<void> {
  if (request === "stop") {
    await service.stop();
    process.disconnect();
    return;
  }
  const startMs = performance.now();
  const end = await service.conductor.importNow(request);
  process.send?.({ end, wallMs: performance.now() - startMs });
}
