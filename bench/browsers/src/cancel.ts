// From the cancel to an empty tree: idle browsers and frozen ones.
import { chromium } from "playwright";
import { openBrowser } from "@cofferdam/browsers";
import { isAlive, treeOf } from "../../src/harness/processes.ts";
import { latenciesOf } from "../../src/harness/statistics.ts";
import { pidOf } from "./contenders/playwright.ts";
import { flag, publish, setUp } from "./harness/setup.ts";

type State = "idle" | "busy page" | "frozen";
const STATES: readonly State[] = ["idle", "busy page", "frozen"];

const samples = flag("samples", 40);
const peerSamples = flag("peer-samples", 2);
const own = new Map<State, number[]>(STATES.map((state) => [state, []]));
const peer = new Map<State, number[]>(STATES.map((state) => [state, []]));
let left = 0;

{
  await using setup = await setUp();
  for (let round = 0; round < samples; round += 1) for (const state of STATES) own.get(state)?.push(await cancelOwn(setup.chromium, setup.site.url, state));
  for (let round = 0; round < peerSamples; round += 1) for (const state of STATES) peer.get(state)?.push(await closePeer(setup.chromium, setup.site.url, state));
}

async function cancelOwn(executablePath: string, site: string, state: State): Promise<number> {
  const job = new AbortController();
  const session = await openBrowser({ signal: job.signal }, { executablePath });
  const page = await session.newPage();
  await page.goto(`${site}/${state === "busy page" ? "busy" : "ok"}`, { waitUntil: "domcontentloaded" });
  const tree = treeOf(session.processes()[0] ?? 0);
  if (state === "frozen") for (const { pid } of tree) process.kill(pid, "SIGSTOP");
  const startMs = performance.now();
  job.abort(new Error("cancelled"));
  await session.close();
  const tookMs = performance.now() - startMs;
  left += tree.filter(isAlive).length;
  return tookMs;
}

async function closePeer(executablePath: string, site: string, state: State): Promise<number> {
  const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
  const page = await browser.newPage();
  await page.goto(`${site}/${state === "busy page" ? "busy" : "ok"}`, { waitUntil: "domcontentloaded" });
  const tree = treeOf(await pidOf(browser));
  if (state === "frozen") for (const { pid } of tree) process.kill(pid, "SIGSTOP");
  const startMs = performance.now();
  await browser.close();
  return performance.now() - startMs;
}

const all = latenciesOf([...own.values()].flat());
const row = (title: string, values: readonly number[]): readonly (string | number)[] => {
  const { p50, p99, max, count } = latenciesOf(values);
  return [title, p50, p99, max, count];
};
publish({
  name: "cancel",
  tables: [
    {
      title: "Cancel to empty tree and removed directories, ms",
      columns: ["", "p50", "p99", "max", "browsers"],
      rows: [
        ...STATES.map((state) => row(`@cofferdam/browsers, ${state}`, own.get(state) ?? [])),
        row("@cofferdam/browsers, all", [...own.values()].flat()),
        ...STATES.map((state) => row(`Playwright's browser.close(), ${state}`, peer.get(state) ?? [])),
      ],
    },
  ],
  bars: [
    { bar: "cancel to empty tree, p99, ms", required: "<= 300", measured: all.p99, met: all.p99 <= 300 },
    { bar: "processes of those trees that still live", required: "0", measured: left, met: left === 0 },
  ],
  notes: [
    "From the abort of the job's signal to the resolved `close()`, which has looked through /proc and removed profile and TMPDIR. Playwright's figure is its promise; what is left then is in the table of leaks.",
  ],
  raw: { own: Object.fromEntries(own), peer: Object.fromEntries(peer) },
});
