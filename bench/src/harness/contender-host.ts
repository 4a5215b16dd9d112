// One contender in a process of its own: its heap, its compiled code and its timers cannot help or hurt the next one.
import { pathToFileURL } from "node:url";
import type { Contender } from "./contenders.ts";

process.once("message", (request: { readonly module: string; readonly params: unknown }) => {
  void run(request.module, request.params).then(
    (figures) => answer({ ok: true, figures }),
    (error: unknown) => answer({ ok: false, message: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
  );
});

async function run(module: string, params: unknown): Promise<unknown> {
  const { default: contender }: { readonly default: Contender<unknown, unknown> } = await import(pathToFileURL(module).href);
  return contender(params);
}

function answer(message: unknown): void {
  process.send?.(message, () => process.disconnect());
}
