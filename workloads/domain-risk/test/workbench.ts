import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { cleanUp, makeDirectory, type Cleaned } from "workload-command-line/testing";
import type { StandIn } from "workload-stand-in";
import { browsePage, type BrowseOptions } from "../src/browse/browse-page.ts";
import { readLists } from "../src/lists/read-lists.ts";
import { domainRecord, type DomainRecord } from "../src/record.ts";
import { RUN_DEFAULTS, startRun, type Run, type RunOptions } from "../src/run/start-run.ts";
import { readSettings } from "../src/settings.ts";
import { startDomainStandIn } from "../src/stand-in/site.ts";

/** A directory, a stand-in for all domains, and the settings that lead there. */
export interface Workbench {
  readonly site: StandIn;
  readonly directory: string;
  readonly outDirectory: string;
  /** Everything a program needs in its environment. */
  readonly environment: Record<string, string>;
  writeList(file: string, domains: readonly string[]): Promise<void>;
  run(options?: Partial<RunOptions>, change?: Readonly<Record<string, string>>): Promise<Run>;
  /** Runs to the end; the records by domain. */
  analyse(options?: Partial<RunOptions>, change?: Readonly<Record<string, string>>): Promise<Map<string, DomainRecord>>;
  readJson(file: string): Promise<unknown>;
}

export async function openWorkbench(test: Cleaned, records: readonly DomainRecord[] = []): Promise<Workbench> {
  const directory = await makeDirectory(test, "domain-risk-test");
  const site = await startDomainStandIn({ records, port: 0 });
  cleanUp(test, () => site.close());
  const environment: Record<string, string> = {
    LISTS_DIR: join(directory, "lists"),
    CACHE_DIR: join(directory, "cache"),
    OUT_DIR: join(directory, "out"),
    TARGET_TEMPLATE: `${site.url}/{domain}/`,
    ALLOW_PRIVATE_TARGETS: "true",
    PAUSE_MIN_SECONDS: "0",
    PAUSE_MAX_SECONDS: "0",
    SETTLE_SECONDS: "0.05",
    // Nothing but what is meant to be out of time is, however busy the machine.
    DOMAIN_BUDGET_SECONDS: "120",
    HTTP_TIMEOUT_SECONDS: "60",
    NAV_TIMEOUT_SECONDS: "60",
  };
  await mkdir(join(directory, "lists"));

  async function run(options: Partial<RunOptions> = {}, change: Readonly<Record<string, string>> = {}): Promise<Run> {
    const merged = { ...environment, ...change };
    const settings = readSettings(merged);
    const { found } = await readLists(settings.listsDirectory);
    return await startRun({
      ...RUN_DEFAULTS,
      settings,
      environment: merged,
      lists: found,
      allLists: found,
      note: () => undefined,
      ...options,
    });
  }

  return {
    site,
    directory,
    outDirectory: join(directory, "out"),
    environment,
    run,
    async writeList(file, domains) {
      await writeFile(join(directory, "lists", file), `# a list\n${domains.join("\n")}\n`);
    },
    async analyse(options, change) {
      const { outputs } = await (await run(options, change)).done;
      return new Map(outputs.flatMap(({ records }) => records.map((record) => [record.domain, record] as const)));
    },
    async readJson(file) {
      return JSON.parse(await readFile(join(directory, "out", file), "utf8"));
    },
  };
}

/** What a browser needs to read one page for a test: as much time and as many bytes as it wants. */
export type BrowseWish = Pick<BrowseOptions, "guard" | "scratch"> & Partial<BrowseOptions>;

/** The page's source, and everything that was opened for it closed again. */
export async function browse(address: string, wish: BrowseWish): Promise<string> {
  await using opened = new AsyncDisposableStack();
  return await browsePage(address, {
    signal: new AbortController().signal,
    browserPath: null,
    userAgent: "test",
    navigationTimeoutMs: 60_000,
    settleMs: 0,
    bodyBytesMax: 1_000_000,
    leftMs: () => 60_000,
    onEvent: () => undefined,
    opened,
    ...wish,
  });
}

/** A record as files have it; what is not named is empty. */
export function makeRecord(record: { readonly domain: string; readonly accessible?: boolean } & Partial<DomainRecord>): DomainRecord {
  return domainRecord.parse({ accessible: true, health_hazards: {}, behavioral_hazards: {}, marketing_tactics: {}, related_domains: [], ...record });
}
