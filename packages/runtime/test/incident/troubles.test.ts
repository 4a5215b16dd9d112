// Troubles that are more than one end: what opens an incident, what it says, and that it lives like every other one.
import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { buildReport, createTroubleWatch, renderMarkdown, type TroubleWatch } from "../../src/incident/index.ts";
import type { RuntimeEvent, Trip, TroubleEnd } from "../../src/model/index.ts";
import type { Store } from "../../src/store/index.ts";
import { createFakeClock, type FakeClock } from "../dispatch/fake-clock.ts";
import { makeDirectory, openAt } from "../store/open-store.ts";

interface Scene {
  readonly store: Store;
  readonly clock: FakeClock;
  readonly events: RuntimeEvent[];
  readonly watch: TroubleWatch;
}

async function makeScene(context: TestContext, fails: () => boolean = () => false): Promise<Scene> {
  const store = await openAt(await makeDirectory(context));
  const clock = createFakeClock();
  const events: RuntimeEvent[] = [];
  const watch = createTroubleWatch({
    store: { addTrouble: async (trouble) => (fails() ? Promise.reject(new Error("disk full")) : store.addTrouble(trouble)) },
    clock,
    release: "r7",
    isService: (type) => type === "feed",
    publish: (event) => events.push(event),
    onError: () => undefined,
  });
  return { store, clock, events, watch };
}

function endOf(number: number, difference: Partial<TroubleEnd> = {}): TroubleEnd {
  return {
    attemptId: `a_${number}`,
    jobId: `j_${number}`,
    type: "report.import",
    lane: "default",
    cause: "over-memory",
    incidentId: `i_${"1".repeat(32)}`,
    atMs: number,
    ...difference,
  };
}

function tripOf(atMs: number, difference: Partial<Trip> = {}): Trip {
  const ends = [endOf(1), endOf(2), endOf(3, { cause: "failed", incidentId: `i_${"2".repeat(32)}` })];
  return { scope: "lane", name: "browser", reason: "3 of the last 4 attempts failed within 5 min", atMs, untilMs: atMs + 60_000, trips: 1, ends, ...difference };
}

async function only(store: Store) {
  const { items } = await store.incidents({}, { limit: 10, cursor: null });
  assert.equal(items.length, 1);
  const [incident] = items;
  assert.ok(incident !== undefined);
  return incident;
}

const serviceEnd = (number: number): RuntimeEvent => ({
  ...endOf(number, { type: "feed", cause: "stalled" }),
  kind: "attempt.ended",
  attempt: number,
  summary: "",
  startedAtMs: number - 1,
  wallMs: 1,
  memoryPeakBytes: 1,
  pidsPeak: 1,
  leaks: [],
  next: "retry",
  retryAtMs: null,
  movedTo: null,
});

test("a trip opens an incident that names its ends; the next trip of the same lane recurs, after a resolve it regresses", async (context) => {
  const { store, events, watch } = await makeScene(context);
  watch.tripped(tripOf(1000));
  watch.tripped(tripOf(2000));
  await watch.stop();
  const incident = await only(store);
  assert.deepEqual([incident.cause, incident.scope, incident.name, incident.type, incident.lane, incident.count], ["tripped", "lane", "browser", null, "browser", 2]);
  assert.deepEqual([incident.lastAttemptId, incident.lastJobId, incident.state], ["a_3", "j_3", "open"]);
  assert.equal(incident.title, "lane browser: tripped · mostly over-memory");
  const occurrences = await store.occurrences(incident.id, 10);
  assert.deepEqual(
    occurrences[0]?.trouble?.ends.map(({ attemptId }) => attemptId),
    ["a_1", "a_2", "a_3"],
  );
  assert.deepEqual(
    events.map(({ kind }) => kind),
    ["incident.opened", "incident.recurred"],
  );
  await store.changeIncident(incident.id, { state: "resolved", resolvedInRelease: null, note: null }, 2500);
  watch.tripped(tripOf(3000));
  await watch.stop();
  assert.deepEqual([(await only(store)).state, events.at(-1)?.kind], ["regressed", "incident.regressed"]);
  assert.deepEqual(await store.incidentCounts(), [{ cause: "tripped", state: "regressed", count: 1 }]);
});

test("the report of a trip says which ends, what they have in common and what was done; every number beside its source", async (context) => {
  const { store, watch } = await makeScene(context);
  watch.tripped(tripOf(1000));
  await watch.stop();
  const incident = await only(store);
  const behind = {
    ...incident,
    id: `i_${"1".repeat(32)}`,
    scope: "type" as const,
    name: "report.import",
    type: "report.import",
    cause: "over-memory" as const,
    title: "report.import: over-memory",
  };
  const occurrences = await store.occurrences(incident.id, 10);
  const report = buildReport({ incident, attempt: null, job: null, occurrences, around: [], recent: [incident, behind], validations: [] });
  assert.deepEqual(report.ends, tripOf(1000).ends);
  assert.deepEqual(
    report.similar.map(({ id, why }) => [id, why]),
    [[behind.id, "its ends led to this one"]],
  );
  assert.match(report.recommendation.text, /Begin with incident i_1{32}: 2 of these 3 ends of browser/);
  const markdown = renderMarkdown(report, "text");
  assert.match(markdown, /\*\*tripped\*\* \(certain\): 3 of the last 4 attempts failed within 5 min\. \[verdict\]/);
  assert.match(markdown, /failures that counted, by cause: over-memory 2, failed 1 \[journal: attempts\]/);
  assert.match(markdown, /\*\*over-memory\*\*: attempt a\\_1 of job j\\_1|\*\*over-memory\*\*: attempt a_1 of job j_1/);
  assert.match(markdown, /nothing more was started in it for: 1 min \[healing: cooldown\]/);
  for (const line of markdown.split("\n").filter((each) => each.startsWith("- "))) assert.match(line, /\[[^\]]+\]$/, line);
});

test("an escalated service, workers that do not start and many breakers at once are incidents of their own; one breaker is none", async (context) => {
  const { store, clock, events, watch } = await makeScene(context);
  watch.hear(serviceEnd(1));
  watch.hear(serviceEnd(2));
  watch.hear({ kind: "service.escalated", atMs: 3, service: "feed", text: "2 restarts within 10 min did not help", to: "stop" });
  for (const failures of [1, 2, 3, 4]) watch.hear({ kind: "workers.failing", atMs: failures, failures, detail: "code 1", untilAtMs: failures < 3 ? null : 5000 });
  const open = (key: string): void => watch.hear({ kind: "breaker.opened", atMs: clock.nowMs(), key, by: "a_9", evidence: "403", untilMs: null });
  for (const key of ["a", "b", "c", "d", "a", "b"]) open(key);
  await watch.stop();
  const { items } = await store.incidents({}, { limit: 10, cursor: null });
  assert.deepEqual(items.map(({ cause, scope, name, type, count, lastAttemptId }) => [cause, scope, name, type, count, lastAttemptId]).sort(), [
    ["escalated", "service", "feed", "feed", 1, "a_2"],
    ["workers-failing", "runtime", "", null, 1, null],
  ]);
  for (const key of ["e", "f"]) open(key);
  await watch.stop();
  const storm = (await store.incidents({ cause: "breaker-storm" }, { limit: 10, cursor: null })).items;
  assert.deepEqual(
    storm.map(({ count, title }) => [count, title]),
    [[1, "runtime: many breakers opened at once"]],
  );
  assert.equal(events.filter(({ kind }) => kind === "incident.opened").length, 3);
});

test("a trouble that cannot be written is said, and written when the disk takes it again", async (context) => {
  let isFull = true;
  const { store, clock, events, watch } = await makeScene(context, () => isFull);
  watch.tripped(tripOf(1000));
  await clock.pass(300);
  assert.deepEqual(
    events.map(({ kind }) => kind),
    ["incident.unwritten"],
  );
  isFull = false;
  await clock.pass(10_000);
  await watch.stop();
  assert.equal((await only(store)).cause, "tripped");
});
