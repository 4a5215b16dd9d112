import { oversText, playerCode, type ScriptedMatch } from "./script.ts";

/** The live JSON of a match, in the form of the real one. */
export function liveJson(match: ScriptedMatch): string {
  const [first, second] = match.totals;
  const { striker, partner, bowler } = match;
  return JSON.stringify({
    A: "",
    B: match.ball,
    D: "10,20",
    F: `^${match.teams[0]}`,
    R: `${40 + (match.balls % 7)}+2`,
    Z: `${44 + Math.floor(match.balls / 6)}+2,0+0`,
    a: match.teams.join("."),
    j: `${first.runs}/${first.wickets}(${oversText(first)}`,
    k: `${second.runs}/${second.wickets}(${oversText(second)}`,
    p: `${striker.code}.${partner}`,
    q: `${striker.runs}.${striker.balls}*`,
    r: `${striker.fours}.${striker.sixes}.6.2`,
    s: "0.0",
    t: "0.0.0.0",
    b: bowler.code,
    c: `${bowler.runs}.${bowler.balls}.${bowler.wickets}.${bowler.dots}`,
    ms: 0,
    st: "1",
  });
}

export function scorecardJson(match: ScriptedMatch): string {
  const innings = match.batting === 0 ? [0] : [0, 1];
  return JSON.stringify(
    innings.map((index) => {
      const [team = "", other = ""] = index === 0 ? match.teams : match.teams.toReversed();
      const { runs, wickets, balls } = match.totals[index === 0 ? 0 : 1];
      const { striker, bowler } = match;
      return {
        c: team,
        d: `${runs}/${wickets}(${oversText({ balls })}`,
        a: [`${bowler.code}.${bowler.runs}.${bowler.balls}.0.${bowler.wickets}`, `${playerCode(other, 10)}.35.29.0.2`],
        b: [
          `${striker.code}.${striker.runs}.${striker.balls}.${striker.fours}.${striker.sixes}`,
          `${playerCode(team, 9)}.44.39.7.0.66.86.2.${playerCode(other, 1)}.${playerCode(other, 2)}/25.29-184.30/`,
          playerCode(team, 11),
        ],
      };
    }),
  );
}

/** The names that are known: the last player of each team is not. */
export function namesOf({ teams }: Pick<ScriptedMatch, "teams">): Record<string, string> {
  const players = teams.flatMap((team) => Array.from({ length: 10 }, (_, index) => [`p_${playerCode(team, index + 1)}_name`, `Player ${index + 1} of ${team}`]));
  return Object.fromEntries([
    ...players,
    ...teams.flatMap((team) => [
      [`t_${team}_name`, `Team ${team}`],
      [`t_${team}_short`, `T${team}`],
    ]),
  ]);
}

export function matchPage(match: ScriptedMatch): string {
  const total = match.totals[match.batting];
  const rate = total.balls === 0 ? "0.00" : ((total.runs * 6) / total.balls).toFixed(2);
  const final = match.isFinished ? `Team ${match.teams[0]} won by ${Math.max(1, 10 - match.totals[0].wickets)} wickets` : "";
  return page(`
    <div class="result-box"><span>${match.isFinished ? "Match over" : match.batting === 0 ? "First innings" : "Second innings"}</span></div>
    <div class="team-run-rate"><span class="title">CRR :</span><span class="data">${rate}</span></div>
    <div class="final-result m-none">${final}</div>
    <div class="team-content"><div class="team-name">T${match.teams[match.batting]}</div>
      <div class="runs"><span>${total.runs}-${total.wickets}</span><span>${oversText(total)}</span></div></div>
    <div id="slideOver"><div class="overs-slide"><span>Over ${Math.floor(total.balls / 6) + 1}</span>
      ${match.over.map((ball) => `<div class="over-ball">${ball}</div>`).join("")}<div class="total">= ${match.over.filter((ball) => /^\d$/.test(ball)).reduce((sum, ball) => sum + Number(ball), 0)}</div></div></div>
    <script>setInterval(async () => { const next = new DOMParser().parseFromString(await (await fetch(location.href)).text(), "text/html"); document.querySelector("main").replaceWith(next.querySelector("main")); }, 1000);</script>`);
}

export function infoPage({ teams }: Pick<ScriptedMatch, "teams">): string {
  return page(
    `<div class="toss-wrap"><p>Team ${teams[0]} won the toss and chose to bat</p></div><div class="match-date">Today</div><div class="match-venue">Loopback Oval</div><div class="s-name">Stand-in Cup</div>`,
  );
}

/** The page whose storage holds the code maps. */
export function scorecardPage(match: Pick<ScriptedMatch, "teams">): string {
  return page(`<h1>Scorecard</h1><script>for (const [key, name] of Object.entries(${JSON.stringify(namesOf(match))})) localStorage.setItem(key, name);</script>`);
}

/** The list of live matches. */
export function listPage(urls: readonly string[]): string {
  return page(
    `<section class="live-matches">${urls.map((url) => `<div class="live-card"><div class="live-tag"><span class="live">Live</span></div><a href="${url}">${url}</a></div>`).join("")}</section>`,
  );
}

/** The same page after somebody has renamed everything. */
export function changedListPage(urls: readonly string[]): string {
  return page(`<section class="fixtures">${urls.map((url) => `<article class="tile"><a href="${url}">${url}</a></article>`).join("")}</section>`);
}

function page(content: string): string {
  return `<!doctype html><html><head><meta charset="utf-8"><title>Stand-in</title></head><body><main>${content}</main></body></html>`;
}
