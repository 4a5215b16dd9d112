import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join, relative, resolve } from "node:path";
import { CONFIG_FILE_NAMES, loadConfigFile } from "../../config/index.ts";
import { CofferdamError } from "../../model/index.ts";
import type { CommandContext } from "../program.ts";
import type { Terminal } from "../terminal.ts";

const CONFIG = `import { defineConfig } from "cofferdam";

export default defineConfig({
  jobs: ["./jobs"],
  lanes: { default: { concurrency: 2 } },
});
`;

const MANIFEST = `{
  "private": true,
  "type": "module"
}
`;

const HELLO = `import { defineJob } from "cofferdam";

export default defineJob({
  type: "hello",
  budget: { memory: "256MB", time: "1m" },
  async run(job) {
    console.log(\`hello from attempt \${job.attempt}\`);
    job.progress({ done: 1, total: 1, note: "greetings" });
    return { greeted: job.input };
  },
});
`;

/** Writes an example to begin with; never overwrites. */
export async function init({ terminal }: CommandContext, directory: string): Promise<number> {
  const root = resolve(terminal.directory, directory);
  const manifest = findManifest(root);
  if (manifest === null) await writeNew(terminal, join(root, "package.json"), MANIFEST);
  // In a CommonJS package only the ending says that a file is an ES module.
  const ending = manifest !== null && !(await isModulePackage(manifest)) ? "mts" : "ts";
  const existing = await loadConfigFile(root, null).catch(() => ({ file: CONFIG_FILE_NAMES[0] }));
  if (existing !== null) terminal.note(`kept   ${relative(terminal.directory, existing.file) || existing.file}: there is a config file already`);
  else await writeNew(terminal, join(root, `cofferdam.config.${ending}`), CONFIG);
  await writeNew(terminal, join(root, "jobs", `hello.${ending}`), HELLO);
  const change = root === terminal.directory ? "" : `cd ${relative(terminal.directory, root)} && `;
  const install = isInstalled(root) ? "" : "npm install cofferdam && ";
  terminal.note(`  next: ${change}${install}npx cofferdam dev`);
  terminal.note(`        npx cofferdam add hello '{"name":"you"}'    (in another shell)`);
  return 0;
}

async function writeNew(terminal: Terminal, file: string, text: string): Promise<void> {
  try {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text, { flag: "wx" });
    terminal.note(`wrote  ${relative(terminal.directory, file)}`);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) {
      throw new CofferdamError("invalid_option", `${file} cannot be written`, { hint: "Check the directory and its permissions.", cause: error });
    }
    terminal.note(`kept   ${relative(terminal.directory, file)}: it exists`);
  }
}

/** A package.json here or above: without one, Node cannot know that the modules are ES modules. */
function findManifest(directory: string): string | null {
  const file = join(directory, "package.json");
  if (existsSync(file)) return file;
  return dirname(directory) === directory ? null : findManifest(dirname(directory));
}

async function isModulePackage(manifest: string): Promise<boolean> {
  const value: unknown = JSON.parse(await readFile(manifest, "utf8").catch(() => "null"));
  return typeof value === "object" && value !== null && "type" in value && value.type === "module";
}

/** Whether the job modules' own `import "cofferdam"` will find it. */
function isInstalled(directory: string): boolean {
  try {
    createRequire(join(directory, "cofferdam.config.ts")).resolve("cofferdam/package.json");
    return true;
  } catch {
    return false;
  }
}
