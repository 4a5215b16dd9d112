import { readFile } from "node:fs/promises";
import type { Command } from "commander";
import { CommandError, EXIT, messageOf, type Print } from "workload-command-line";
import { decodePage } from "../page/decode-page.ts";
import { readPage } from "../page/read-page.ts";
import { seoExcerpt } from "../page/seo-text.ts";
import { baseScore } from "../score/base-score.ts";
import { justifyBase } from "../score/justify.ts";
import { countHazards, scoredText } from "../score/keywords.ts";

interface ScoreOptions {
  readonly html?: string;
  readonly text?: string;
  readonly domain?: string;
}

export function addScoreCommand(program: Command, print: Print): void {
  program
    .command("score")
    .description("count and score one page or text, without any request")
    .option("--html <file>", "a page as it was saved; needs --domain")
    .option("--domain <domain>", "whose page it is")
    .option("--text <file>", "a text, taken as it stands")
    .action(async (options: ScoreOptions) => {
      const scored = await scoreFile(options);
      print.data(scored, () => JSON.stringify(scored, null, 2));
    });
}

async function scoreFile({ html, text, domain }: ScoreOptions): Promise<object> {
  if ((html === undefined) === (text === undefined))
    throw new CommandError(EXIT.usage, "score takes either --html or --text", "domain-risk score --html page.html --domain example.com");
  if (text !== undefined) return tablesOf((await readInput(text)).toString("utf8"));
  if (html === undefined || domain === undefined) throw new CommandError(EXIT.usage, "--html needs --domain: links to the own domain are told apart by it");
  const page = readPage(decodePage(await readInput(html), null), domain.toLowerCase());
  return {
    domain: domain.toLowerCase(),
    ...tablesOf(scoredText(page)),
    promoted_products: page.promotedProducts,
    related_domains: page.relatedDomains,
    seo_metadata: seoExcerpt(page.seoText),
    content_length: page.contentLength,
  };
}

function tablesOf(text: string): object {
  const tables = countHazards(text);
  const base = baseScore(tables);
  return { ...tables, base, justification: justifyBase(tables, base) };
}

async function readInput(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    throw new CommandError(EXIT.failed, `${path} cannot be read: ${messageOf(error)}`);
  }
}
