// What a package needs beside its own folder before it is packed: a build from scratch, the licence and the changelog.
import { spawnSync } from "node:child_process";
import { copyFileSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");
const built = spawnSync(process.execPath, [join(root, "scripts", "build.ts"), "--clean"], { stdio: "inherit" });
if (built.status !== 0) process.exit(1);
for (const file of ["LICENSE", "CHANGELOG.md"]) copyFileSync(join(root, file), join(process.cwd(), file));
