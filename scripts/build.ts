// Compiles the published packages into their dist folders; with --clean from scratch, as packing does.
import { spawnSync } from "node:child_process";
import { chmodSync, rmSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");
const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
let exitCode = 0;
for (const name of ["runtime", "readers"]) {
  const folder = join(root, "packages", name);
  if (process.argv.includes("--clean")) rmSync(join(folder, "dist"), { recursive: true, force: true });
  const result = spawnSync(process.execPath, [tsc, "-p", folder], { stdio: "inherit" });
  if (result.status !== 0) exitCode = 1;
}
if (exitCode === 0) chmodSync(join(root, "packages/runtime/dist/cli/main.js"), 0o755);
process.exitCode = exitCode;
