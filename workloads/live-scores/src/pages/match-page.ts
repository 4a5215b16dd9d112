import { load } from "cheerio";
import { implausibleOvers } from "../decode/validate.ts";

export interface PageTeam {
  readonly name: string;
  readonly score: string;
  readonly over: string;
}

export interface OverSlide {
  readonly over: string;
  readonly balls: readonly string[];
  readonly total: string;
}

/** What the page of a match says. */
export interface MatchPage {
  readonly result_texts: readonly string[];
  readonly final_text: string;
  readonly crr: string;
  readonly teams: readonly PageTeam[];
  readonly overs: readonly OverSlide[];
}

/** Reads the page of a match; null when it is not one. Pure. */
export function readMatchPage(html: string): MatchPage | null {
  const $ = load(html);
  const textOf = (found: { text(): string }): string => squeeze(found.text());
  const page: MatchPage = {
    result_texts: unique(
      $(".result-box span")
        .toArray()
        .map((element) => textOf($(element))),
    ),
    final_text: textOf($(".final-result.m-none").first()),
    crr: textOf($(".team-run-rate .data").first()),
    teams: $(".team-content")
      .toArray()
      .map((element) => ({
        name: textOf($(element).find(".team-name").first()),
        score: textOf($(element).find(".runs span:nth-child(1)").first()) || "0/0",
        over: textOf($(element).find(".runs span:nth-child(2)").first()) || "0.0",
      })),
    overs: $("div#slideOver .overs-slide")
      .toArray()
      .map((element) => ({
        over: textOf($(element).find("span").first()),
        balls: $(element)
          .find(".over-ball")
          .toArray()
          .map((ball) => textOf($(ball))),
        total: textOf($(element).find(".total").first()),
      })),
  };
  const isKnown =
    page.teams.length > 0 || page.overs.length > 0 || page.result_texts.length > 0 || page.final_text !== "" || page.crr !== "" || $(".result-box, #slideOver").length > 0;
  return isKnown ? page : null;
}

/** Why what the page says cannot be true; null when it can. */
export function implausiblePage({ teams }: Pick<MatchPage, "teams">): string | null {
  for (const { score, over } of teams) {
    const [, runs, wickets] = /^(-?\d+)(?:[/-](-?\d+))?/.exec(score) ?? [];
    if (runs !== undefined && Number(runs) < 0) return `${score}: negative runs`;
    if (wickets !== undefined && (Number(wickets) < 0 || Number(wickets) > 10)) return `${score}: wickets outside of 0 to 10`;
    const found = implausibleOvers(over);
    if (found !== null) return found;
  }
  return null;
}

export interface InfoPage {
  readonly toss: string;
  readonly date: string;
  readonly venue: string;
  readonly series: string;
}

export function readInfoPage(html: string): InfoPage {
  const $ = load(html);
  const textOf = (selector: string): string => squeeze($(selector).first().text());
  return { toss: textOf(".toss-wrap p"), date: textOf(".match-date"), venue: textOf(".match-venue"), series: textOf(".s-name") };
}

function squeeze(text: string): string {
  return text.replaceAll(/\s+/g, " ").trim();
}

function unique(texts: readonly string[]): string[] {
  return [...new Set(texts.filter((text) => text !== ""))];
}
