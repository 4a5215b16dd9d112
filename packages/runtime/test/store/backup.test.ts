import { test } from "node:test";
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { chmod, copyFile, mkdir, readdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { makeJob } from "../conformance/make.ts";
import { makeDirectory, openAt } from "./open-store.ts";

test("a backup is a whole store of one moment, taken while jobs come in", async (context) => {
  const directory = await makeDirectory(context);
  const file = join(directory, "backup.db");
  const store = await openAt(join(directory, "data"));
  let added = 0;
  const add = async (count: number): Promise<void> => {
    await store.enqueue(Array.from({ length: count }, () => makeJob({ id: `j_${String((added += 1)).padStart(32, "0")}` })));
  };
  await add(500);
  const backup = store.backup(file);
  for (let round = 0; round < 20; round += 1) await add(50);
  const { bytes } = await backup;
  assert.equal(bytes, (await stat(file)).size);
  await store.close();

  await mkdir(join(directory, "restored"));
  await copyFile(file, join(directory, "restored", "cofferdam.db"));
  const restored = await openAt(join(directory, "restored"));
  const ready = (await restored.counts()).find((each) => each.state === "ready")?.count ?? 0;
  assert.ok(ready >= 500 && ready <= 1500);
  assert.equal(await restored.countJobs({ text: "j_" }, 10_000), ready, "the counters and the rows are of the same moment");
  await restored.close();
});

test("a backup never overwrites, and leaves nothing half done", async (context) => {
  const directory = await makeDirectory(context);
  const store = await openAt(join(directory, "data"));
  await writeFile(join(directory, "taken.db"), "precious");
  await assert.rejects(store.backup(join(directory, "taken.db")), { code: "invalid_option", message: /exists already/ });
  await assert.rejects(store.backup(join(directory, "missing", "backup.db")), { family: "failed" });
  assert.deepEqual((await readdir(directory)).sort(), ["data", "taken.db"]);
  await store.close();
});

test("a backup into a directory that may be written and not read is a success", async (context) => {
  // Root reads everything, unless it has given that right away.
  const [program, ...args] = process.getuid?.() === 0 ? ["setpriv", "--bounding-set=-dac_override,-dac_read_search", process.execPath] : [process.execPath];
  const directory = await makeDirectory(context);
  const drop = join(directory, "drop");
  await mkdir(drop);
  await chmod(drop, 0o300);
  const backsUp = fileURLToPath(new URL("programs/backs-up.ts", import.meta.url));
  const { stdout } = await promisify(execFile)(program ?? "", [...args, backsUp, join(directory, "data"), join(drop, "backup.db")]).finally(() => chmod(drop, 0o700));
  assert.equal(Number(stdout), (await stat(join(drop, "backup.db"))).size);
  assert.deepEqual(await readdir(drop), ["backup.db"]);
});
