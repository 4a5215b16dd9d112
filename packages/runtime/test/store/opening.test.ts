import { test } from "node:test";
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { DatabaseSync } from "node:sqlite";
import { makeJob } from "../conformance/make.ts";
import { makeDirectory, openAt } from "./open-store.ts";

const HOLDER = join(import.meta.dirname, "programs", "holds-store.ts");
const JOB_ID = "j_01a0d3f1c0000000000000000000000a";

test("a directory has one owner: a second open is refused at once and names the process", async (context) => {
  const dataDir = await makeDirectory(context);
  const store = await openAt(dataDir);
  await assert.rejects(openAt(dataDir), (error: Error & { code: string; hint: string }) => {
    assert.equal(error.code, "data_dir_locked");
    assert.match(error.message, new RegExp(`process ${process.pid}\\b`));
    assert.match(error.hint, /Stop process \d+ first/);
    return true;
  });
  await store.enqueue([makeJob({ id: JOB_ID })]);
  await store.close();
  const again = await openAt(dataDir);
  assert.equal((await again.job(JOB_ID))?.state, "ready");
  await again.close();
});

test("a lock does not outlive its owner, even one that was SIGKILLed", async (context) => {
  const dataDir = await makeDirectory(context);
  const holder = spawn(process.execPath, [HOLDER, dataDir], { stdio: ["pipe", "pipe", "inherit"] });
  const exited = once(holder, "exit");
  await once(createInterface({ input: holder.stdout }), "line");
  await assert.rejects(openAt(dataDir), { code: "data_dir_locked", message: new RegExp(`process ${holder.pid} on `) });
  holder.kill("SIGKILL");
  await exited;
  const store = await openAt(dataDir);
  assert.equal((await store.health()).writable, true);
  await store.close();
});

test("closing twice is closing once; what comes after is refused", async (context) => {
  const store = await openAt(await makeDirectory(context));
  const accepted = store.enqueue([makeJob({ id: JOB_ID })]);
  await Promise.all([store.close(), store.close()]);
  assert.equal((await accepted)[0]?.id, JOB_ID, "what was asked before is done");
  await assert.rejects(store.enqueue([makeJob({ id: JOB_ID })]), { code: "store_closed" });
  await assert.rejects(store.job(JOB_ID), { code: "store_closed" });
});

test("a clean close leaves one file: the log of writes is in it, also when reads were still under way", async (context) => {
  const directory = await makeDirectory(context);
  const store = await openAt(directory);
  await store.enqueue([makeJob({ id: JOB_ID })]);
  const reads = Array.from({ length: 200 }, () => store.jobs({}, { limit: 1, cursor: null }));
  await store.close();
  await Promise.all(reads);
  assert.deepEqual(
    (await readdir(directory)).filter((file) => file.startsWith("cofferdam.db")),
    ["cofferdam.db"],
  );
});

test("a file in place of the directory, or a part of its path, is refused", async (context) => {
  const directory = await makeDirectory(context);
  await writeFile(join(directory, "file"), "not a directory");
  await assert.rejects(openAt(join(directory, "file")), { code: "data_dir_unusable", message: /it is a file, not a directory/ });
  await assert.rejects(openAt(join(directory, "file", "below")), { code: "data_dir_unusable", message: /is a file, not a directory/ });
});

test("a read-only file system is refused", async (context) => {
  const directory = await makeDirectory(context);
  const mountPoint = join(directory, "mount");
  await mkdir(mountPoint);
  if (spawnSync("mount", ["-t", "tmpfs", "-o", "ro,size=1m", "tmpfs", mountPoint]).status !== 0) {
    context.skip("SKIPPED: this machine does not let us mount a read-only tmpfs");
    return;
  }
  try {
    await assert.rejects(openAt(mountPoint), { code: "data_dir_unusable", message: /read-only file system/ });
  } finally {
    spawnSync("umount", [mountPoint]);
  }
});

test("a damaged file, a foreign one and a newer one are refused and left as they are", async (context) => {
  const cases: readonly (readonly [string, (file: string) => Promise<void> | void, string])[] = [
    ["noise", (file) => writeFile(file, "this is not a database ".repeat(1000)), "database_corrupt"],
    ["foreign", (file) => runSql(file, "CREATE TABLE customers (name TEXT)"), "database_corrupt"],
    ["newer", (file) => runSql(file, "PRAGMA user_version = 999"), "database_newer"],
    ["damaged pages", damage, "database_corrupt"],
  ];
  for (const [name, prepare, code] of cases) {
    const dataDir = await makeDirectory(context);
    const file = join(dataDir, "cofferdam.db");
    if (name !== "noise" && name !== "foreign") await fill(dataDir);
    await prepare(file);
    const before = await readFile(file);
    await assert.rejects(openAt(dataDir), { code }, name);
    assert.ok(before.equals(await readFile(file)), `${name}: the file is as it was`);
  }
});

test("health tells what kind of store this is", async (context) => {
  const store = await openAt(await makeDirectory(context));
  await store.enqueue([makeJob({ id: JOB_ID })]);
  const health = await store.health();
  assert.deepEqual([health.writable, health.journalMode, health.schemaVersion > 0, health.sizeBytes > 0, health.lastCommitMs > 0], [true, "wal", true, true, true]);
  await store.close();
});

async function fill(dataDir: string): Promise<void> {
  const store = await openAt(dataDir);
  await store.enqueue(Array.from({ length: 2000 }, (_, index) => makeJob({ id: `${JOB_ID.slice(0, -5)}${String(index).padStart(5, "0")}` })));
  await store.close();
}

function runSql(file: string, sql: string): void {
  const database = new DatabaseSync(file);
  database.exec(sql);
  database.close();
}

async function damage(file: string): Promise<void> {
  const bytes = await readFile(file);
  bytes.fill(0xa5, 4096 * 8, 4096 * 60);
  await writeFile(file, bytes);
}
