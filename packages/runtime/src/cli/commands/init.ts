import { mkdir, writeFile } from "node:fs/promises";
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
  const existing = await loadConfigFile(root, null).catch(() => ({ file: CONFIG_FILE_NAMES[0] }));
  if (existing !== null) terminal.note(`kept   ${relative(terminal.directory, existing.file) || existing.file}: there is a config file already`);
  else await writeNew(terminal, join(root, "cofferdam.config.ts"), CONFIG);
  await writeNew(terminal, join(root, "jobs", "hello.ts"), HELLO);
  const change = root === terminal.directory ? "" : `cd ${relative(terminal.directory, root)} && `;
  terminal.note(`  next: ${change}npx cofferdam dev`);
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
