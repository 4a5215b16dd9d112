// What the launch profile "few" saves: processes, threads and memory at 1, 5 and 10 pages.
import { readFileSync } from "node:fs";
import { openBrowser, type ThreadProfile } from "@cofferdam/browsers";
import { memoryOf } from "../../src/harness/processes.ts";
import { median } from "../../src/harness/statistics.ts";
import { flag, publish, setUp } from "./harness/setup.ts";

const PAGES = [1, 5, 10];
const PROFILES: readonly ThreadProfile[] = ["standard", "few"];
const rounds = flag("rounds", 3);

interface Look {
  readonly processes: number;
  readonly tasks: number;
  readonly pssMb: number;
}

const FIGURES = ["processes", "tasks", "pssMb"] as const;
const looks = new Map<string, Look[]>();
{
  await using setup = await setUp();
  for (let round = 0; round < rounds; round += 1) {
    for (const threads of PROFILES) {
      await using session = await openBrowser({}, { executablePath: setup.chromium, threads });
      for (let open = 1; open <= Math.max(...PAGES); open += 1) {
        const page = await session.newPage();
        await page.goto(`${setup.site.url}/ok`);
        const key = `${threads} ${open}`;
        if (PAGES.includes(open)) looks.set(key, [...(looks.get(key) ?? []), look(session.processes())]);
      }
    }
  }
}

function look(pids: readonly number[]): Look {
  const tasks = pids.map((pid) => Number(/^Threads:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0));
  const pss = pids.map((pid) => memoryOf(pid).pssMb);
  return { processes: pids.length, tasks: tasks.reduce((sum, one) => sum + one, 0), pssMb: pss.reduce((sum, one) => sum + one, 0) };
}

const figure = (threads: ThreadProfile, pages: number, of: keyof Look): number => median((looks.get(`${threads} ${pages}`) ?? []).map((one) => one[of]));
publish({
  name: "threads",
  tables: [
    {
      title: `Launch profiles: processes, threads and processes as a pids budget counts them, PSS in MB; median of ${rounds}`,
      columns: ["", ...PAGES.flatMap((pages) => [`${pages} pages: processes`, "tasks", "PSS"])],
      rows: PROFILES.map((threads) => [`threads: "${threads}"`].concat(PAGES.flatMap((pages) => FIGURES.map((of) => String(Math.round(figure(threads, pages, of))))))),
    },
  ],
  bars: [],
  notes: ["The two processes of the wall are counted."],
  raw: Object.fromEntries(looks),
});
