import { join } from "node:path";
import { EXIT, inTemporaryDirectory, type ExitCode, type Print } from "workload-command-line";
import { dayIn } from "../dates.ts";
import { marketsToday } from "../markets/query-markets.ts";
import { SOURCE_NAMES } from "../sources/item.ts";
import type { Service } from "../service.ts";
import { startMarketStandIn, type MarketStandIn } from "../stand-in/server.ts";
import { makeWorld } from "../stand-in/world.ts";
import { followRun, withService } from "./one-shot.ts";

const AXELTORV = { latitude: 55.67616425, longitude: 12.564077596986316 };
const TIME_ZONE = "Europe/Copenhagen";

/** Everything once, in a temporary directory, against a stand-in of both sources. */
export async function runDemo(print: Print): Promise<ExitCode> {
  return await inTemporaryDirectory("market-crawl-demo", (directory) => runIn(directory, print));
}

async function runIn(directory: string, print: Print): Promise<ExitCode> {
  const today = dayIn(TIME_ZONE, new Date());
  const site = await startMarketStandIn(makeWorld({ addresses: null, ids: null, today }));
  const change = {
    DB_PATH: join(directory, "markets.db"),
    FLEAMARKET_URL: site.fleamarketUrl,
    LOPPEMARKEDER_URL: site.loppemarkederUrl,
    GEOCODE_URL: site.geocodeUrl,
    GEOAPIFY_API_KEY: "demo",
    DELAY_START_MS: "20",
    TZ_NAME: TIME_ZONE,
  };
  try {
    return await withService((service) => perform({ service, site, today, print }), change);
  } finally {
    await site.close();
  }
}

interface Stage {
  readonly service: Service;
  readonly site: MarketStandIn;
  readonly today: string;
  readonly print: Print;
}

async function perform({ service, site, today, print }: Stage): Promise<ExitCode> {
  const crawl = async (): Promise<ExitCode> => {
    const { run } = await service.conductor.trigger({ trigger: "cli", sources: SOURCE_NAMES, mode: "join" });
    return await followRun(service, run.id, print);
  };
  print.note(`A stand-in of both sources at ${site.url}. The first run:`);
  const first = await crawl();
  print.note("The same sources again: nothing is new.");
  const second = await crawl();
  print.note("One event is broken and its neighbours' venues are lists: the others are saved.");
  site.order({ path: "/wp-json", fault: "bad-event", count: 1 });
  const third = await crawl();
  print.note("Nearest to Axeltorv today:");
  for (const market of await marketsToday(service.database.read, { today, from: AXELTORV, limit: 5 })) print.data(market, () => wordMarket(market));
  const details = site.log().filter(({ path }) => path.startsWith("/marked/vis/")).length;
  print.note(`The stand-in was asked ${site.log().length} times, ${details} of them for pages of single markets.`);
  return first === EXIT.done && second === EXIT.done && third === EXIT.partial ? EXIT.done : EXIT.failed;
}

function wordMarket(market: object): string {
  const text = (key: string): string => String(Object.entries(market).find(([name]) => name === key)?.[1] ?? "-");
  return `${text("distance").padStart(10)} km  ${text("name")}, ${text("address")}, ${text("start_date")} to ${text("end_date")}`;
}
