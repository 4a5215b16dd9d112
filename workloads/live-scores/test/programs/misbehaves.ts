// The pollers of matches whose keys say so misbehave; the others are what people run.
import { spawn } from "node:child_process";
import { appendFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { defineJob } from "cofferdam";
import { runPollJob } from "../../src/poll/poll-job.ts";
import { pollInput } from "../../src/poll/report.ts";
import { readSettings } from "../../src/settings.ts";
import { LANES, TYPES } from "../../src/work-types.ts";

const settings = readSettings();
const kept: Buffer[] = [];

const FAULTS: Readonly<Record<string, () => void>> = {
  LEAK() {
    for (let index = 0; index < 40; index += 1) {
      const { pid } = spawn("sleep", ["1000"], { detached: true, stdio: "ignore" });
      appendFileSync(`${settings.databasePath}.leaked`, `${pid}\n`);
    }
  },
  GROW() {
    kept.push(Buffer.alloc(250 * 1024 * 1024, 1));
  },
  BLOCK() {
    for (;;);
  },
};

export default defineJob({
  type: TYPES.poll,
  lane: LANES.pollers,
  isolation: "process",
  input: pollInput,
  budget: { memory: "1GB", pids: 400, time: null, block: "60s" },
  retry: { attempts: 1, deaths: 1 },
  async run(job) {
    const polling = runPollJob(job, settings);
    await pause(300);
    FAULTS[job.input.match_key]?.();
    return await polling;
  },
});
