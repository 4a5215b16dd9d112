import { join } from "node:path";
import { summarizeBehaviours } from "../query/dashboard.ts";
import type { Service } from "../service.ts";
import { importShippedReports } from "../shipped-reports.ts";
import { startStandIn } from "../stand-in/server.ts";
import { makeWorld } from "../stand-in/world.ts";
import { listTrends } from "../trends/read-trends.ts";
import { exitCodeOf, gravest, withService, wordEnd } from "./one-shot.ts";
import { followRun } from "./serve-commands.ts";
import { EXIT, inTemporaryDirectory, type ExitCode, type Print } from "workload-command-line";

/** Everything once, in a temporary directory: real reports, five builds of a stand-in Jenkins, then what the trends say. */
export async function runDemo(print: Print): Promise<ExitCode> {
  return await inTemporaryDirectory("test-results-demo", (directory) => runIn(directory, print));
}

async function runIn(directory: string, print: Print): Promise<ExitCode> {
  const jenkins = await startStandIn(makeWorld({ casesPerModule: 120, builds: 5, paths: null }));
  try {
    return await withService((service) => perform(service, jenkins.parentUrl, print), {
      DB_PATH: join(directory, "results.db"),
      LOGS_BASE_PATH: join(directory, "logs"),
    });
  } finally {
    await jenkins.close();
  }
}

async function perform(service: Service, parentUrl: string, print: Print): Promise<ExitCode> {
  print.note("Reports that real runners wrote:");
  const shipped = await importShippedReports(service.conductor);
  for (const { runner, end } of shipped) print.data({ report: runner, ...end }, () => wordEnd(runner, end));
  print.note(`A stand-in Jenkins at ${parentUrl}:`);
  const first = await followRun(service, await service.conductor.download({ release: null, jobUrl: `${parentUrl}101/`, skipExisting: true, keys: null }), print);
  const pollId = await service.conductor.poll();
  const polled = pollId === null ? EXIT.failed : await followRun(service, pollId, print);
  const behaviours = await summarizeBehaviours(service.database, "6.1");
  print.data({ behaviours }, () => `Behaviour of tests: ${JSON.stringify(behaviours)}`);
  const regressions = await listTrends(service.database, {
    release: "6.1",
    module: null,
    statuses: [],
    behaviours: ["regression"],
    priorities: [],
    topology: null,
    testcaseModule: null,
    search: null,
  });
  for (const trend of regressions.slice(0, 5))
    print.data({ ...trend }, () => `  regression  ${trend.results.map(({ status }) => status.charAt(0)).join(" ")}  ${trend.module}  ${trend.class_name}::${trend.test_name}`);
  return gravest([...shipped.map(({ end }) => exitCodeOf(end)), first, polled]);
}
