import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findChromium } from "@cofferdam/browsers";
import { machineFacts } from "../../../src/harness/machine.ts";
import { renderReport, type Bar, type Table } from "../../../src/harness/report.ts";
import { scale } from "../../../src/harness/scale.ts";
import { openSite, type Site } from "./site.ts";

export interface Setup extends AsyncDisposable {
  readonly site: Site;
  readonly chromium: string;
  readonly slowChromium: string;
}

/** A site, the Chromium that everybody uses, and one that takes five seconds to start. */
export async function setUp(): Promise<Setup> {
  const directory = mkdtempSync(join(tmpdir(), "cofferdam-bench-setup-"));
  const { path } = await findChromium();
  const slowChromium = join(directory, "slow-chromium.sh");
  writeFileSync(slowChromium, `#!/bin/sh\nsleep 5\nexec '${path}' "$@"\n`);
  chmodSync(slowChromium, 0o755);
  const site = await openSite();
  return {
    site,
    chromium: path,
    slowChromium,
    [Symbol.asyncDispose]: async () => {
      await site[Symbol.asyncDispose]();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** `--attempts 200` → 200. */
export function flag(name: string, otherwise: number): number {
  const index = process.argv.indexOf(`--${name}`);
  const value = Number(process.argv[index + 1]);
  return index === -1 ? otherwise : Number.isInteger(value) && value > 0 ? value : otherwise;
}

const PACKAGES = ["@cofferdam/browsers", "@crawlee/playwright", "puppeteer-cluster", "puppeteer", "playwright", "@sparticuz/chromium"];

export function publish(report: {
  readonly name: string;
  readonly tables: readonly Table[];
  readonly bars: readonly Bar[];
  readonly notes: readonly string[];
  readonly raw: unknown;
}): void {
  const root = join(import.meta.dirname, "..", "..");
  const versions = Object.fromEntries(
    PACKAGES.map((name) => {
      const manifest: { readonly version?: string } = JSON.parse(readFileSync(join(root, "node_modules", name, "package.json"), "utf8"));
      return [name, manifest.version ?? "unknown"];
    }),
  );
  const { name, tables, bars, notes, raw } = report;
  const document = { schema: 1, name, scale, measuredAt: new Date().toISOString(), machine: machineFacts(), versions, tables, bars, notes, raw };
  mkdirSync(join(root, "results"), { recursive: true });
  writeFileSync(join(root, "results", `${name}.json`), `${JSON.stringify(document, null, 2)}\n`);
  console.log(renderReport(document));
}
