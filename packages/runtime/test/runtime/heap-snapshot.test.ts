// A job that asks for a snapshot of its heap near the limit: the file is whole, and verdict, why, incident and show name it.
import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { runCli } from "../spawn-cli.ts";
import { startHarness, type Harness } from "./set-up.ts";

const DEFINE = new URL("../../src/define.ts", import.meta.url).href;

/** A snapshot of large arrays is written within seconds, one of many small objects needs fourteen times the heap. */
const FILLINGS = { arrays: "Array.from({ length: 4000 }, (_, at) => at)", objects: "{ row: kept.length, text: `row ${kept.length}` }" } as const;

function fillingJob(type: string, memory: string, filling: keyof typeof FILLINGS): string {
  return `import { defineJob } from ${JSON.stringify(DEFINE)};
export default defineJob({ type: ${JSON.stringify(type)}, heapSnapshot: "near-limit", budget: { memory: ${JSON.stringify(memory)}, block: "2m" }, retry: { deaths: 1 }, run() {
  const kept = [];
  for (;;) kept.push(${FILLINGS[filling]});
} });
`;
}

/** Fills its heap once; begun anew it is content. */
const leakingService = `import { defineService } from ${JSON.stringify(DEFINE)};
export default defineService({ name: "snapshot.leaks", heapSnapshot: "near-limit", freshness: "2m", budget: { memory: "400MB", block: "2m" }, async run(service) {
  service.update();
  const hasLeaked = service.resumeFrom === true;
  await service.checkpoint(true);
  const kept = [];
  while (!hasLeaked) kept.push(${FILLINGS.arrays});
  await new Promise((resolve) => service.signal.addEventListener("abort", resolve));
} });
`;

let directory = "";
let harness: Harness;

before(async () => {
  directory = await mkdtemp(join(tmpdir(), "cofferdam-snapshot-"));
  const jobs = join(directory, "jobs");
  await mkdir(jobs);
  await writeFile(join(jobs, "roomy.mjs"), fillingJob("snapshot.roomy", "400MB", "arrays"));
  await writeFile(join(jobs, "leaks.mjs"), leakingService);
  await writeFile(join(jobs, "tight.mjs"), fillingJob("snapshot.tight", "96MB", "objects"));
  harness = await startHarness({ dataDir: join(directory, "data"), jobs: [jobs], http: { port: 0 }, lanes: { default: { concurrency: 1 } } });
});
after(async () => {
  await harness[Symbol.asyncDispose]();
  await rm(directory, { recursive: true, force: true });
});

describe("a heap snapshot near the limit", () => {
  it("is kept with the attempt that died, and named wherever its end is told", async () => {
    const { control, url } = harness.runtime;
    const id = await harness.add("snapshot.roomy");
    const { quarantine } = await harness.reaches(id, "quarantined");
    const { id: attemptId, verdict, autopsy } = await control.attempt(id, 1);
    assert.equal(verdict.cause, "out-of-heap", JSON.stringify({ verdict, autopsy }));
    const [artifact] = autopsy?.artifacts ?? [];
    assert.ok(artifact?.state === "finished", JSON.stringify({ verdict, artifact }));
    const { file, bytes } = artifact;
    assert.equal(file, join(directory, "data", "artifacts", attemptId, "heap.heapsnapshot"));
    const { size, mode } = await stat(file);
    assert.deepEqual([size, mode & 0o077], [bytes, 0], "only its owner may read what was in memory");
    const snapshot = JSON.parse(await readFile(file, "utf8")) as { readonly nodes: readonly number[]; readonly strings: readonly string[] };
    assert.ok(snapshot.nodes.length > 0 && snapshot.strings.length > 0, "V8's own tools can read it");
    assert.ok(verdict.summary.includes(file) && verdict.evidence.some(({ value }) => value === file));
    assert.ok(quarantine?.reason.includes(file), quarantine?.reason);
    const { out } = await runCli(["why", id, "--url", url ?? ""], { directory: harness.directory });
    assert.ok(out.includes(file), out);
    const [incident] = (await control.incidents({ type: "snapshot.roomy" }, { limit: 10, cursor: null })).items;
    assert.ok(incident !== undefined && !incident.title.includes("artifacts"), "the same trouble stays one incident");
    const report = await (await fetch(`${url}/api/v1/incidents/${incident.id}`, { headers: { accept: "text/plain" } })).text();
    assert.match(report, /heap snapshot: .*heap\.heapsnapshot \[V8: --heapsnapshot-near-heap-limit\]/);
  });

  it("is kept of a service that died, too", async () => {
    const { control } = harness.runtime;
    await harness.event((event) => event.kind === "service.restarting" && event.service === "snapshot.leaks");
    const { verdict, autopsy } = await control.attempt(control.service("snapshot.leaks").record.jobId ?? "", 1);
    assert.equal(verdict.cause, "out-of-heap", JSON.stringify({ verdict, autopsy }));
    const [artifact] = autopsy?.artifacts ?? [];
    assert.ok(artifact?.state === "finished" && verdict.summary.includes(artifact.file), JSON.stringify({ verdict, artifact }));
  });

  it("that its memory budget has no room for changes nothing of the cause, and leaves no half file", async () => {
    const id = await harness.add("snapshot.tight");
    await harness.reaches(id, "quarantined");
    const { id: attemptId, verdict, autopsy } = await harness.runtime.control.attempt(id, 1);
    assert.equal(verdict.cause, "out-of-heap", JSON.stringify({ verdict, autopsy }));
    assert.ok((autopsy?.artifacts ?? []).every(({ state }) => state === "not-finished"));
    assert.ok(!(await readdir(join(directory, "data", "artifacts"))).includes(attemptId));
  });
});
