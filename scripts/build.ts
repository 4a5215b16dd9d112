// Compiles the published packages into their dist folders; with --clean from scratch, as packing does.
// What every worker loads at its start is then put into one file each: a worker of isolation "process" is started for every attempt.
import { spawnSync } from "node:child_process";
import { chmodSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { build } from "esbuild";

const root = join(import.meta.dirname, "..");
const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
const runtime = join(root, "packages", "runtime", "dist");

let failed = false;
for (const name of ["runtime", "readers", "browsers"]) {
  const folder = join(root, "packages", name);
  if (process.argv.includes("--clean")) rmSync(join(folder, "dist"), { recursive: true, force: true });
  if (spawnSync(process.execPath, [tsc, "-p", folder], { stdio: "inherit" }).status !== 0) failed = true;
}
if (failed) process.exit(1);
await bundle("worker/main.js", "worker");
await bundle("index.js", ".");
withoutMap(join(runtime, "model", "errors.js"));
chmodSync(join(runtime, "cli", "main.js"), 0o755);

/** What a worker loads names no map; see bundle. */
function withoutMap(file: string): void {
  writeFileSync(file, readFileSync(file, "utf8").replace(/^\/\/# sourceMappingURL=.*\n?/m, ""));
}

/** In place, with everything that is imported statically; what is imported on demand stays on demand. */
async function bundle(entry: string, directory: string): Promise<void> {
  await build({
    entryPoints: [join(runtime, entry)],
    outdir: join(runtime, directory),
    allowOverwrite: true,
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node24",
    packages: "external",
    // Beside the file, but not named in it: a worker would parse it at every start.
    sourcemap: "external",
    sourcesContent: true,
    plugins: [
      { name: "stays-apart", setup: (own) => own.onResolve({ filter: /^\./ }, ({ path, kind, resolveDir }) => stayApart(join(runtime, directory), resolveDir, path, kind)) },
    ],
  });
}

/** What is imported on demand stays on demand, and the one class that users compare with `instanceof` stays one class. */
function stayApart(outdir: string, resolveDir: string, path: string, kind: string): { path: string; external: true } | null {
  const file = join(resolveDir, path);
  if (kind !== "dynamic-import" && file !== join(runtime, "model", "errors.js")) return null;
  const fromOut = relative(outdir, file);
  return { path: fromOut.startsWith(".") ? fromOut : `./${fromOut}`, external: true };
}
