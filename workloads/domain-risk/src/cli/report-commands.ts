import type { Command } from "commander";
import { CommandError, EXIT, type Print } from "workload-command-line";
import { readLists, type CategoryList } from "../lists/read-lists.ts";
import { readData, writeData, type CategoryRecords } from "../report/outputs.ts";
import { updateRecommendations, writeAllReports } from "../report/publish.ts";
import { scoreRecords } from "../score/score-records.ts";
import { printFigures } from "./print-figures.ts";
import { forTrial, readSettings, type Settings } from "../settings.ts";

export function addReportCommands(program: Command, print: Print): void {
  program
    .command("rescore")
    .description("score again from the tables in OUT_DIR, without any request; then write all reports")
    .option("-t, --test", "of the trial runs")
    .action(async ({ test }: { readonly test?: boolean }) => {
      const settings = test === true ? forTrial(readSettings()) : readSettings();
      const all = (await dataOf(settings)).map(({ category, records }) => ({ category, records: scoreRecords(records) }));
      for (const one of all) await writeData(settings.outDirectory, one);
      const lists = await listsIfThere(settings, print);
      if (lists.length > 0) await updateRecommendations(settings.outDirectory, all, lists);
      await writeAllReports(settings.outDirectory, all, { lists, others: [] });
      printFigures(all, print);
    });
  program
    .command("reports")
    .description("write Markdown, HTML and summary.json again from the data in OUT_DIR")
    .action(async () => {
      const settings = readSettings();
      const all = await dataOf(settings);
      await writeAllReports(settings.outDirectory, all, { lists: await listsIfThere(settings, print), others: [] });
      printFigures(all, print);
      print.note(`written to ${settings.outDirectory}`);
    });
}

async function dataOf({ outDirectory }: Settings): Promise<CategoryRecords[]> {
  const all = await readData(outDirectory);
  if (all.length === 0) throw new CommandError(EXIT.nothingMatched, `there is no {category}_data.json in ${outDirectory}`, "domain-risk analyze, or set OUT_DIR");
  return all;
}

async function listsIfThere({ listsDirectory }: Settings, print: Print): Promise<readonly CategoryList[]> {
  const lists = await readLists(listsDirectory).catch(() => null);
  if (lists === null) print.note(`no lists in ${listsDirectory}: recommendations and the summary's block lists are left out`);
  return lists?.found ?? [];
}
