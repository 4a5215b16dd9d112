import { createInterface } from "node:readline/promises";
import { join } from "node:path";
import type { Command } from "commander";
import { CommandError, EXIT, type Print } from "workload-command-line";
import { hostOf } from "../guard/target.ts";
import { readIfThere } from "../files/read-if-there.ts";
import { writeWhole } from "../files/write-whole.ts";
import { addToList, removeFromList } from "../lists/block-list.ts";
import { findCategory, type Category } from "../lists/categories.ts";
import type { Recommendations } from "../lists/recommendations.ts";
import { readRecommendations, writeRecommendations } from "../report/outputs.ts";
import { readSettings } from "../settings.ts";

interface ApplyOptions {
  readonly dryRun?: boolean;
  readonly yes?: boolean;
  readonly additions?: boolean;
  readonly removals?: boolean;
}

interface Change {
  readonly action: "add" | "remove";
  readonly domain: string;
  readonly category: Category;
  readonly reason: string;
}

export function addApplyCommand(program: Command, print: Print): void {
  program
    .command("apply")
    .description("take pending recommendations into the lists")
    .option("-n, --dry-run", "only say what would change")
    .option("-y, --yes", "do not ask")
    .option("--additions", "only additions")
    .option("--removals", "only removals")
    .action((options: ApplyOptions) => apply(options, print));
}

async function apply(options: ApplyOptions, print: Print): Promise<void> {
  const settings = readSettings();
  const known = await readRecommendations(settings.outDirectory);
  const changes = pendingChanges(known, options, print);
  if (changes.length === 0) throw new CommandError(EXIT.nothingMatched, "nothing is pending");
  for (const { action, domain, category, reason } of changes) {
    print.data({ action, domain, category: category.title, reason }, () => `${action === "add" ? "+" : "-"} ${domain}  (${category.file})  ${reason}`);
  }
  if (options.dryRun === true) return print.note(`dry run: ${changes.length} changes, nothing was written`);
  if (options.yes !== true) await confirm(changes.length);
  await changeLists(settings.listsDirectory, changes);
  await writeRecommendations(settings.outDirectory, asApplied(known, changes));
  print.note(`${changes.length} changes are in ${settings.listsDirectory}`);
}

/** Without a choice: both kinds. */
function pendingChanges({ additions, removals }: Recommendations, options: ApplyOptions, print: Print): Change[] {
  const both = options.additions !== true && options.removals !== true;
  const wanted = [
    ...(both || options.additions === true ? additions.map((one) => ({ ...one, action: "add" as const })) : []),
    ...(both || options.removals === true ? removals.map((one) => ({ ...one, action: "remove" as const })) : []),
  ];
  return wanted.flatMap(({ action, domain, category: written, reason, status }) => {
    if (status !== "pending") return [];
    if (action === "add" && hostOf(domain) === null) {
      print.note(`${JSON.stringify(domain)} is no host; left as it is`);
      return [];
    }
    const category = findCategory(written);
    if (category === null) print.note(`${domain}: there is no category ${JSON.stringify(written)}; left as it is`);
    return category === null ? [] : [{ action, domain, category, reason }];
  });
}

async function confirm(count: number): Promise<void> {
  if (!process.stdin.isTTY) throw new CommandError(EXIT.refused, "the lists would be changed, and nobody can be asked", "add -y, or -n to only look");
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await terminal.question(`Change the lists in ${count} places? [y/N] `);
    if (!/^y(es)?$/i.test(answer.trim())) throw new CommandError(EXIT.refused, "nothing was changed");
  } finally {
    terminal.close();
  }
}

async function changeLists(directory: string, changes: readonly Change[]): Promise<void> {
  for (const [category, own] of Map.groupBy(changes, ({ category }) => category)) {
    const path = join(directory, category.file);
    const domainsOf = (action: Change["action"]): string[] => own.flatMap((change) => (change.action === action ? [change.domain] : []));
    const before = (await readIfThere(path)) ?? "";
    await writeWhole(path, addToList(removeFromList(before, domainsOf("remove")), domainsOf("add")));
  }
}

function asApplied(known: Recommendations, changes: readonly Change[]): Recommendations {
  const done = new Set(changes.map(({ action, domain }) => `${action} ${domain}`));
  const settle = <Kind extends Recommendations["additions"][number] | Recommendations["removals"][number]>(action: Change["action"], ones: readonly Kind[]): Kind[] =>
    ones.map((one) => (done.has(`${action} ${one.domain}`) ? Object.assign({}, one, { status: "applied" as const }) : one));
  return { additions: settle("add", known.additions), removals: settle("remove", known.removals), last_updated: new Date().toISOString() };
}
