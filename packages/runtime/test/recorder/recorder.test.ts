import assert from "node:assert/strict";
import { appendFile, mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { Surroundings } from "../../src/governor/index.ts";
import type { FlightSample, MachineState, ProcessShare } from "../../src/model/index.ts";
import { createRecorder, oomKillRise, readFlight, reduceTo, type FlightLook, type Recorder } from "../../src/recorder/index.ts";
import { FILE_BYTES_MAX } from "../../src/recorder/flight-file.ts";
import { createFakeClock, settle, type FakeClock } from "../dispatch/fake-clock.ts";

const CALM: FlightLook = { memoryBytes: 50_000_000, tasks: 12, outputBytes: 10, progress: null, loopSilentMs: 5, share: 0.1 };
const SHARES: readonly ProcessShare[] = [{ pid: 7, parentPid: 1, command: "node job.ts", state: "S", threads: 11, memoryBytes: 49_000_000, cpuSeconds: 1.5 }];

function machineAt(atMs: number, difference: Partial<MachineState> = {}): MachineState {
  return {
    atMs,
    bootId: "boot",
    totalBytes: 8e9,
    availableBytes: 3e9,
    memorySomePercent: 0,
    memoryFullPercent: 0,
    cpuSomePercent: 0,
    ioSomePercent: 0,
    oomKills: 4,
    container: null,
    ...difference,
  };
}

const surroundings: Surroundings = { brief: () => ({ availableBytes: 3e9, memoryStallPercent: 0.5 }), read: (atMs) => machineAt(atMs) };

async function makeDirectory(context: TestContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "cofferdam-recorder-"));
  context.after(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

function recorderIn(directory: string | null, clock: FakeClock): Recorder {
  return createRecorder({
    directory,
    clock,
    surroundings,
    release: "r3",
    onFailure: (error) => {
      throw error;
    },
  });
}

const listing = () => ({ shares: SHARES, openFiles: 21, cpuSeconds: 0.25 });

/** As many looks as the watch would make. */
async function look(clock: FakeClock, note: () => void, forMs: number, everyMs = 250): Promise<void> {
  for (let passed = 0; passed < forMs; passed += everyMs) {
    await clock.pass(everyMs);
    note();
  }
}

describe("the flight recorder", () => {
  it("writes nothing for what lives shorter than a second and stays calm", async (context) => {
    const directory = await makeDirectory(context);
    const clock = createFakeClock();
    const recorder = recorderIn(directory, clock);
    const track = recorder.open("w_1").begin("a_1", listing);
    await look(clock, () => track.note(CALM), 900, 100);
    await recorder.close();
    assert.deepEqual(await readdir(directory), []);
    assert.equal(track.curve().length, 1);
  });

  it("writes at once when something is above half of its budget, at most twice a second, and not while nothing moves", async (context) => {
    const directory = await makeDirectory(context);
    const clock = createFakeClock();
    const recorder = recorderIn(directory, clock);
    const track = recorder.open("w_1").begin("a_1", listing);
    let memoryBytes = 300_000_000;
    await look(clock, () => track.note({ ...CALM, memoryBytes: (memoryBytes *= 1.05), share: 0.7 }), 5000, 20);
    await look(clock, () => track.note({ ...CALM, memoryBytes, share: 0.7 }), 5000, 20);
    await recorder.close();
    const { samples, tree, machineFirst, release } = await readFlight(directory, "w_1", "a_1");
    assert.ok(samples.length >= 10 && samples.length <= 12, `${samples.length} samples`);
    assert.ok((samples[0]?.atMs ?? 0) - 1_750_000_000_000 <= 20, "the first one comes with the first look");
    assert.equal(tree?.processes[0]?.command, "node job.ts");
    assert.equal(machineFirst?.oomKills, 4);
    assert.equal(release, "r3");
  });

  it("writes less the longer it is calm: bounded for any length of life", async (context) => {
    const directory = await makeDirectory(context);
    const clock = createFakeClock();
    const recorder = recorderIn(directory, clock);
    const track = recorder.open("w_1").begin("a_1", listing);
    await look(clock, () => track.note(CALM), 3_600_000, 500);
    await recorder.close();
    const { samples } = await readFlight(directory, "w_1", "a_1");
    assert.ok(samples.length > 300 && samples.length < 400, `${samples.length} samples in an hour`);
    assert.ok(track.curve().length <= 120);
    assert.ok(clock.nowMs() - (track.curve().at(-1)?.atMs ?? 0) <= 1000);
  });

  it("writes each second in the first minute while something moves, and every five seconds while nothing does", async (context) => {
    const directory = await makeDirectory(context);
    const clock = createFakeClock();
    const recorder = recorderIn(directory, clock);
    const [moves, still] = [recorder.open("w_moves").begin("a_1", listing), recorder.open("w_still").begin("a_2", listing)];
    let memoryBytes = 10_000_000;
    await look(
      clock,
      () => {
        moves.note({ ...CALM, memoryBytes: (memoryBytes *= 1.02) });
        still.note(CALM);
      },
      20_000,
      500,
    );
    await clock.pass(1000);
    still.note({ ...CALM, progress: 1 });
    await recorder.close();
    const samplesOf = async (worker: string, attempt: string) => (await readFlight(directory, worker, attempt)).samples;
    assert.equal((await samplesOf("w_moves", "a_1")).length, 19);
    assert.deepEqual(
      (await samplesOf("w_still", "a_2")).map(({ atMs, progress }) => [clock.nowMs() - atMs, progress]),
      [19_500, 14_500, 9500, 4500, 0].map((agoMs) => [agoMs, agoMs === 0 ? 1 : null]),
    );
  });

  it("looks at every process when the end was decided", async (context) => {
    const directory = await makeDirectory(context);
    const clock = createFakeClock();
    const recorder = recorderIn(directory, clock);
    const track = recorder.open("w_1").begin("a_1", listing);
    track.note(CALM);
    track.closeUp({ ...CALM, memoryBytes: 600_000_000, share: 1.1 });
    assert.equal(track.tree()?.taken, "at-the-end");
    assert.equal(track.curve().at(-1)?.memoryBytes, 600_000_000);
    assert.equal(track.curve().at(-1)?.openFiles, 21);
    await recorder.close();
    assert.equal((await readFlight(directory, "w_1", "a_1")).samples.at(-1)?.memoryBytes, 600_000_000);
  });

  it("reads past damaged lines and a tail that was cut off, and tells attempts of one worker apart", async (context) => {
    const directory = await makeDirectory(context);
    const clock = createFakeClock();
    const recorder = recorderIn(directory, clock);
    const flight = recorder.open("w_1");
    for (const attemptId of ["a_1", "a_2"]) flight.begin(attemptId, listing).closeUp({ ...CALM, memoryBytes: attemptId === "a_1" ? 1 : 2 });
    await recorder.close();
    const file = join(directory, "w_1");
    const whole = await readFile(file, "utf8");
    await writeFile(file, `\0\0garbage\n{"a":"a_1","s":["x"]}\n{"a":"a_1","t":5}\n${whole}`);
    await appendFile(file, '{"a":"a_2","s":[175');
    const first = await readFlight(directory, "w_1", "a_1");
    const second = await readFlight(directory, "w_1", "a_2");
    assert.deepEqual(
      first.samples.map(({ memoryBytes }) => memoryBytes),
      [1],
    );
    assert.deepEqual(
      second.samples.map(({ memoryBytes }) => memoryBytes),
      [2],
    );
    assert.equal((await readFlight(directory, "w_none", "a_1")).samples.length, 0);
  });

  it("keeps nothing of a worker that is gone", async (context) => {
    const directory = await makeDirectory(context);
    const kept: WeakRef<() => void>[] = [];
    const recorder = createRecorder({
      directory,
      clock: createFakeClock(),
      surroundings,
      release: null,
      // Every file has one of its own: it is gone when its file is.
      get onFailure() {
        const onFailure = (): void => assert.fail("a line could not be written");
        kept.push(new WeakRef(onFailure));
        return onFailure;
      },
    });
    for (const workerId of ["w_1", "w_2", "w_3"]) recorder.open(workerId).begin("a_1", listing).closeUp(CALM);
    await recorder.close();
    setFlagsFromString("--expose-gc");
    const collect = runInNewContext("gc") as () => void;
    const left = (): number => kept.filter((reference) => reference.deref() !== undefined).length;
    // What the last write still holds goes with the turns of the loop; what somebody keeps never does.
    for (let turn = 0; turn < 20 && left() > 0; turn += 1) {
      await settle();
      collect();
    }
    assert.deepEqual([kept.length, left()], [3, 0]);
    assert.equal((await readdir(directory)).length, 3);
    assert.equal(recorder.machine().bootId, "boot", "the recorder itself lives");
  });

  it("sets a full file aside and never has more than two", async (context) => {
    const directory = await makeDirectory(context);
    const clock = createFakeClock();
    const recorder = recorderIn(directory, clock);
    const track = recorder.open("w_1").begin("a_1", listing);
    for (let round = 0; round < 60; round += 1) {
      for (let line = 0; line < 100; line += 1) track.closeUp({ ...CALM, memoryBytes: round * 100 + line });
      await recorder.close();
    }
    assert.deepEqual((await readdir(directory)).sort(), ["w_1", "w_1.1"]);
    const { samples } = await readFlight(directory, "w_1", "a_1");
    assert.equal(samples.at(-1)?.memoryBytes, 5999);
    for (const name of ["w_1", "w_1.1"]) assert.ok((await readFile(join(directory, name))).length < FILE_BYTES_MAX * 2);
  });

  it("keeps the first, the peak and the newest points when it thins a curve out", () => {
    const points: FlightSample[] = Array.from({ length: 1000 }, (_, index) => ({
      atMs: index,
      memoryBytes: index === 333 ? 999 : 1,
      tasks: 1,
      cpuSeconds: null,
      openFiles: null,
      outputBytes: 0,
      progress: null,
      loopSilentMs: null,
      availableBytes: null,
      memoryStallPercent: null,
    }));
    const reduced = reduceTo(points, 120);
    assert.ok(reduced.length <= 120);
    assert.equal(reduced[0]?.atMs, 0);
    assert.equal(reduced.at(-1)?.atMs, 999);
    assert.ok(reduced.some(({ memoryBytes }) => memoryBytes === 999));
  });

  it("takes a rise of the machine's counter only within one boot", () => {
    const before = machineAt(1, { oomKills: 4 });
    assert.equal(oomKillRise(before, machineAt(2, { oomKills: 6 })), 2);
    assert.equal(oomKillRise(before, machineAt(2, { oomKills: 6, bootId: "another" })), null);
    assert.equal(oomKillRise(null, machineAt(2)), null);
    assert.equal(oomKillRise(before, machineAt(2, { oomKills: null })), null);
  });
});
