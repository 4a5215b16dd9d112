import { mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Command } from "commander";
import { EXIT, inTemporaryDirectory, type ExitCode, type Print } from "workload-command-line";
import { readLists } from "../lists/read-lists.ts";
import { readRecommendations } from "../report/outputs.ts";
import { RUN_DEFAULTS, startRun } from "../run/start-run.ts";
import { readSettings } from "../settings.ts";
import { FIXTURE_LISTS, FIXTURES } from "../stand-in/fixtures.ts";
import { startDomainStandIn } from "../stand-in/site.ts";
import { renderRecord } from "../watch/progress-bar.ts";
import { printFigures } from "./print-figures.ts";

export function addDemoCommand(program: Command, print: Print): void {
  program
    .command("demo")
    .description("two invented lists against a stand-in: pages that hang, loop, refuse and hide; nothing leaves this machine")
    .option("--keep", "leave lists, cache and reports behind")
    .action(async ({ keep }: { readonly keep?: boolean }) => {
      process.exitCode = keep === true ? await runAndKeep(print) : await inTemporaryDirectory("domain-risk-demo", (directory) => runDemo(print, directory));
    });
}

/** Short budgets, so that what never answers is seen within seconds. */
const BUDGETS = { DOMAIN_BUDGET_SECONDS: "8", HTTP_TIMEOUT_SECONDS: "2", NAV_TIMEOUT_SECONDS: "2", SETTLE_SECONDS: "0.2", PAUSE_MIN_SECONDS: "0", PAUSE_MAX_SECONDS: "0.1" };

async function runAndKeep(print: Print): Promise<ExitCode> {
  const directory = await mkdtemp(join(tmpdir(), "domain-risk-demo-"));
  const code = await runDemo(print, directory);
  print.note(`kept: ${directory}`);
  return code;
}

async function runDemo(print: Print, directory: string): Promise<ExitCode> {
  const site = await startDomainStandIn({ records: FIXTURES, port: 0 });
  try {
    site.order({ domain: "hangsforever.com", fault: "hang" });
    site.order({ domain: "spinsforever.com", fault: "loop" });
    const environment = {
      ...process.env,
      LISTS_DIR: join(directory, "lists"),
      CACHE_DIR: join(directory, "cache"),
      OUT_DIR: join(directory, "out"),
      TARGET_TEMPLATE: `${site.url}/{domain}/`,
      ALLOW_PRIVATE_TARGETS: "true",
      ...BUDGETS,
    };
    await writeLists(environment.LISTS_DIR);
    await analyse(environment, print);
    return EXIT.done;
  } finally {
    await site.close();
  }
}

async function writeLists(directory: string): Promise<void> {
  await mkdir(directory);
  for (const [file, domains] of Object.entries(FIXTURE_LISTS)) {
    const lines = file === "food.txt" ? [...domains, "hangsforever.com", "spinsforever.com"] : domains;
    await writeFile(join(directory, file), `# invented\n${lines.join("\n")}\n`);
  }
}

async function analyse(environment: Readonly<Record<string, string | undefined>>, print: Print): Promise<void> {
  const settings = readSettings(environment);
  const { found } = await readLists(settings.listsDirectory);
  const options = {
    ...RUN_DEFAULTS,
    settings,
    environment,
    lists: found,
    allLists: found,
    note: print.note,
  };
  const first = await startRun({ ...options, onRecord: (record) => print.note(renderRecord(record)) });
  const { outputs } = await first.done;
  printFigures(outputs, print);
  for (const record of outputs.flatMap(({ records }) => records).filter(({ risk_score }) => risk_score >= 50)) {
    print.data({ domain: record.domain, risk_score: record.risk_score, justification: record.justification }, () =>
      [`${record.domain}: ${record.risk_score}/100`, ...record.justification.map((line) => `    ${line}`)].join("\n"),
    );
  }
  const { additions, removals } = await readRecommendations(settings.outDirectory);
  print.data({ additions: additions.length, removals: removals.length }, () => `recommended: ${additions.length} additions, ${removals.length} removals`);
  const again = await startRun(options);
  await again.done;
  print.note(`again: ${again.board.figures().cached} of ${again.board.figures().total} known, nothing of them was fetched`);
}
