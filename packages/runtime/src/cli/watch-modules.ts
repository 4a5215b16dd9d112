import { watch, type FSWatcher } from "node:fs";
import { systemClock, type CancelTimer } from "../platform/index.ts";

const SETTLE_MS = 100;

/** Calls back once for a burst of changes in or below the given paths. Returns how to stop. */
export function watchModules(paths: readonly string[], onChange: () => void): () => void {
  let cancel: CancelTimer = () => {};
  const changed = () => {
    cancel();
    cancel = systemClock.after(SETTLE_MS, onChange);
  };
  const watchers = paths.flatMap((path) => watchOne(path, changed));
  return () => {
    cancel();
    for (const watcher of watchers) watcher.close();
  };
}

function watchOne(path: string, changed: () => void): FSWatcher[] {
  try {
    const watcher = watch(path, { recursive: true }, (_, name) => {
      if (name === null || !/(^|[\\/])(node_modules|\.)/.test(name)) changed();
    });
    watcher.on("error", () => watcher.close());
    return [watcher];
  } catch {
    // A path that does not exist is reported by the start of the host itself.
    return [];
  }
}
