import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { decodePage } from "../src/page/decode-page.ts";
import { readPage } from "../src/page/read-page.ts";
import { relatedDomains } from "../src/page/related-domains.ts";
import { seoExcerpt } from "../src/page/seo-text.ts";
import { errorClass, figuresOf, riskClass } from "../src/report/classes.ts";
import { baseScore } from "../src/score/base-score.ts";
import { countHazards, KEYWORDS, NO_HAZARDS, scoredText } from "../src/score/keywords.ts";
import { scoreCategory, type Scorable } from "../src/score/link-scores.ts";
import { chooseKeywords } from "../src/stand-in/choose-keywords.ts";
import { FIXTURES } from "../src/stand-in/fixtures.ts";
import { renderPage } from "../src/stand-in/render-page.ts";

const textOf = (html: string): string => readPage(html, "own.com").text;

describe("the text of a page", () => {
  const cases: readonly (readonly [string, string, string])[] = [
    ["joins text nodes without separator", "<p>order<b> now</b></p>", "order now"],
    ["leaves white space as it is", "<p>order\nnow</p>", "order\nnow"],
    ["has no script, style, template, comment", "<p>a<!-- b --><script>c</script><style>d</style><template>e<p>f</p></template>g</p>", "ag"],
    ["has the title", "<title>sale</title><p>x</p>", "salex"],
    ["has what stands in noscript, as markup", "<body><noscript><p title='deal'>save</p></noscript></body>", "save"],
    ["has the style's and script's neighbours inside svg", "<svg><style>a</style><text>b</text><script>c</script></svg>", "b"],
    ["is that of what is no HTML", "just words", "just words"],
  ];
  for (const [name, html, expected] of cases) test(name, () => assert.equal(textOf(html).trim(), expected));

  test("counts the code points of its text nodes, each trimmed", () => {
    assert.equal(readPage("<p>  ab\n</p> <p>\u{1F600}c </p>", "own.com").contentLength, 4);
  });

  test("survives depth that no call stack holds", () => {
    assert.equal(readPage(`${"<div>".repeat(3000)}deep`, "own.com").text, "deep");
  });

  test("search text: what is there, in its order, the first of each; JSON-LD never", () => {
    const html = `<script type="application/ld+json">{"name":"LD"}</script><meta property="og:title" content="OG"><meta name="description" content="First"><meta name="description" content="Second">
      <meta name="keywords" content=""><title>Title</title><meta name="twitter:description" content="Tweet"><meta name="og:site_name" content="wrong attribute">`;
    const page = readPage(html, "own.com");
    assert.equal(page.seoText, "Title First OG Tweet");
    assert.ok(scoredText(page).endsWith(" title first og tweet"));
    assert.equal([...seoExcerpt("Ä\u{1F600}".repeat(400))].length, 500);
  });

  test("bytes: header, byte order mark and meta say the charset; what fits none stays readable", () => {
    assert.equal(decodePage(Buffer.from([0xe4]), "text/html; charset=iso-8859-1"), "ä");
    assert.equal(decodePage(Buffer.from('<meta charset="windows-1252"><p>\xe4', "latin1"), null).at(-1), "ä");
    assert.equal(decodePage(Buffer.from("ä"), null), "ä");
    assert.match(decodePage(Buffer.from([0x61, 0xff, 0x62]), "text/html; charset=x-none"), /^a.b$/u);
  });
});

describe("related domains", () => {
  const cases: readonly (readonly [string, readonly string[], readonly string[]])[] = [
    ["absolute ones, also without protocol", ["https://a.com/x", "//b.com", "/c", "d.com", "?q=//e.com", "#", "mailto:x@f.com", "javascript:void(0)"], ["a.com", "b.com"]],
    ["lower case, without user and port", ["https://USER:pass@A.Com:8443/"], ["a.com"]],
    ["not the own domain; www. + own is a mention of itself", ["https://own.com/", "https://www.own.com/"], ["own.com"]],
    ["www. is removed after the comparison", ["https://www.a.com"], ["a.com"]],
    ["distinct, sorted by code point", ["//b.com", "//a.com", "//b.com", "//\u{1F600}.com", "//\uE000.com"], ["a.com", "b.com", "\uE000.com", "\u{1F600}.com"]],
    ["with a dot, shorter than 50", ["//localhost", `//${"a".repeat(45)}.com`, `//${"a".repeat(46)}.com`], [`${"a".repeat(45)}.com`]],
  ];
  for (const [name, hrefs, expected] of cases) test(name, () => assert.deepEqual(relatedDomains(hrefs, "own.com"), expected));

  test("the first 20", () => {
    const hrefs = Array.from({ length: 30 }, (_, index) => `//h${String(index).padStart(2, "0")}.com`);
    assert.deepEqual(relatedDomains(hrefs, "own.com").at(-1), "h19.com");
  });
});

test("products: of each selector the first 10, without empty and long ones, 15 in all", () => {
  const many = (tag: string, count: number): string => Array.from({ length: count }, (_, index) => `<${tag}>${tag}${index}</${tag}>`).join("");
  const html = `<p class="item"> last <b>one</b></p><p class="product">first</p><p class="product">${"x".repeat(100)}</p>${many("h3", 12)}${many("h4", 12)}`;
  assert.deepEqual(readPage(html, "own.com").promotedProducts, ["first", "last one", ...Array.from({ length: 10 }, (_, index) => `h3${index}`), "h40", "h41", "h42"]);
});

describe("keywords", () => {
  const cases: readonly (readonly [string, object, number])[] = [
    ["free delivery fee today only", { behavioral_hazards: { urgency: 1, discounts: 1, convenience: 2 } }, 16],
    [
      "a separated resale of rarely sweetened desserts",
      { health_hazards: { sugar: 3 }, behavioral_hazards: { discounts: 1 }, marketing_tactics: { social_proof: 1, scarcity: 1 } },
      19,
    ],
    [
      "limited time: can't stop, cant resist, large combo, save 20% off",
      { health_hazards: { addictive: 2 }, behavioral_hazards: { urgency: 1, discounts: 2, upselling: 2, addiction_language: 1 }, marketing_tactics: { scarcity: 1 } },
      33,
    ],
    ["order\nnow", {}, 0],
    ["SUGAR sugar Sugar", { health_hazards: { sugar: 1 } }, 3],
    ["can’t stop", {}, 0],
  ];
  for (const [text, tables, base] of cases) {
    test(JSON.stringify(text), () => {
      assert.deepEqual(countHazards(text), { ...NO_HAZARDS, ...tables });
      assert.equal(baseScore(countHazards(text)), base);
    });
  }

  test("there are 28 + 48 + 28 of them", () => {
    const sizes = Object.values(KEYWORDS).map((rows) => rows.reduce((sum, { keywords }) => sum + keywords.length, 0));
    assert.deepEqual(sizes, [28, 48, 28]);
  });

  test("a page of all of them scores 100", () => {
    const all = Object.values(KEYWORDS).flatMap((rows) => rows.flatMap(({ keywords }) => keywords));
    assert.equal(baseScore(countHazards(all.join("\n"))), 100);
  });
});

describe("pass 2", () => {
  const page = (domain: string, points: number, related: readonly string[], accessible = true): Scorable => ({
    ...NO_HAZARDS,
    domain,
    accessible,
    related_domains: related,
    // 4 points for each
    behavioral_hazards: points === 0 ? {} : { discounts: Math.min(points, 40) / 4 },
    health_hazards: points > 40 ? { sugar: (points - 40) / 3 } : {},
  });
  const records = [
    page("high.com", 67, ["high.com", "low.com", "dead.com"]),
    page("low.com", 20, ["high.com", "dead.com"]),
    page("small.com", 16, ["high.com"]),
    page("dead.com", 0, [], false),
  ];
  const scores = scoreCategory(records);

  test("counts links to high ones and mentions by those of at least 20, itself included", () => {
    const [high, low, small] = scores;
    assert.deepEqual([high?.base_score, high?.enabler_risk_bonus, high?.risk_score], [67, 5 + 8, 80]);
    assert.deepEqual(high?.facilitated_domains, [
      { domain: "high.com", risk_score: 67 },
      { domain: "low.com", risk_score: 20 },
    ]);
    assert.deepEqual([low?.high_risk_links, low?.enabler_risk_bonus], [[{ domain: "high.com", risk_score: 67 }], 5 + 6]);
    assert.equal(small?.enabler_risk_bonus, 5);
  });

  test("words them: highest three, printed lowest first; then the page's own reasons", () => {
    assert.deepEqual(scores[0]?.justification, [
      "FACILITATOR (Inbound): Used by 2 domain(s) (+8 points)",
      "  ← Enables: low.com (risk: 20)",
      "  ← Enables: high.com (risk: 67)",
      "ENABLER (Outbound): Links to 1 high-risk domain(s) (+5 points)",
      "  → Facilitates: high.com (risk: 67)",
      "Promotes health hazards: sugar",
      "Uses behavioral manipulation: discounts",
      "MODERATE RISK: Several concerning patterns detected",
    ]);
  });

  test("an inaccessible one is mentioned too, and has nothing else", () => {
    assert.deepEqual(scores[3], {
      base_score: 0,
      risk_score: 8,
      enabler_risk_bonus: 8,
      high_risk_links: [],
      facilitated_domains: [
        { domain: "high.com", risk_score: 67 },
        { domain: "low.com", risk_score: 20 },
      ],
      justification: ["FACILITATOR (Inbound): Used by 2 domain(s) (+8 points)", "  ← Enables: low.com (risk: 20)", "  ← Enables: high.com (risk: 67)"],
    });
  });

  test("equal mentioners in list order, three at most; the points have their ends", () => {
    const same = ["a", "b", "c", "d", "e", "f", "g", "h"].map((name) => page(`${name}.com`, 40, ["x.com"]));
    const [x] = scoreCategory([page("x.com", 0, []), ...same]);
    assert.equal(x?.enabler_risk_bonus, 30);
    assert.deepEqual(x?.justification.slice(1, 4), ["  ← Enables: c.com (risk: 40)", "  ← Enables: b.com (risk: 40)", "  ← Enables: a.com (risk: 40)"]);
  });

  test("running it again changes nothing", () => {
    const once = records.map((record, index) => Object.assign({}, record, scores[index]));
    assert.deepEqual(scoreCategory(once), scores);
  });
});

describe("classes", () => {
  test("of risk", () => assert.deepEqual([0, 29, 30, 49, 50, 100].map(riskClass), ["low", "low", "medium", "medium", "high", "high"]));

  const errors: readonly (readonly [string, string])[] = [
    ["Timeout after 20.0s", "Timeout"],
    ["Browser: No content retrieved", "Insufficient Content"],
    ["Browser: Insufficient content (403 chars)", "Insufficient Content"],
    ["Skipped: Known bot protection pattern", "Bot Protection"],
    ["HTTP 403 Forbidden", "Bot Protection"],
    ["Browser error: net::ERR_CONNECTION_REFUSED at https://a.com/", "Connection Refused"],
    ["Browser error: net::ERR_NAME_NOT_RESOLVED at https://a.com/", "DNS/Network"],
    ["Browser error: net::ERR_CONNECTION_CLOSED at https://a.com/", "DNS/Network"],
    ["Browser error: net::ERR_CERT_DATE_INVALID at https://a.com/", "SSL"],
    ["Browser error: net::ERR_SSL_PROTOCOL_ERROR at https://a.com/", "SSL"],
    ["Private address refused: 127.0.0.1", "Other"],
  ];
  for (const [error, expected] of errors) test(error, () => assert.equal(errorClass(error), expected));

  test("figures are over the accessible ones", () => {
    const figures = figuresOf([
      { accessible: true, risk_score: 55 },
      { accessible: true, risk_score: 10 },
      { accessible: false, risk_score: 23 },
    ]);
    assert.deepEqual([figures.avg_risk_score, figures.access_rate, figures.high_risk_count, figures.low_risk_count], [32.5, 67, 1, 1]);
  });
});

describe("the stand-in's pages", () => {
  for (const record of FIXTURES.filter(({ accessible }) => accessible)) {
    test(record.domain, () => {
      const page = readPage(renderPage(record), record.domain);
      const { health_hazards, behavioral_hazards, marketing_tactics } = record;
      assert.deepEqual(countHazards(scoredText(page)), { health_hazards, behavioral_hazards, marketing_tactics });
      assert.deepEqual(page.relatedDomains, record.related_domains.toSorted());
      assert.ok(page.contentLength >= 500);
    });
  }

  test("counts that no choice gives are told apart", () => assert.equal(chooseKeywords({ ...NO_HAZARDS, health_hazards: { sugar: 7 } }), null));
});
