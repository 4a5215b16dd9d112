import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { detectBlock, siblingKey, type Answer, type Block } from "../src/index.ts";

const LONG = `<html><head><title>Harbour news</title></head><body>${"<p>Ships came in and went out again, as they do. </p>".repeat(400)}</body></html>`;
const withIn = (markup: string): string => LONG.replace("<body>", `<body>${markup}`);

/** What each sign is worth: the answer, and who it is by which tier. */
const BLOCKED: readonly (readonly [string, Answer, Block["vendor"], Block["tier"]])[] = [
  ["cf-mitigated", { status: 403, headers: { "CF-Mitigated": "challenge" } }, "cloudflare", "mitigation"],
  ["cf-mitigated on a 200", { status: 200, headers: new Headers({ "cf-mitigated": "challenge" }), body: LONG }, "cloudflare", "mitigation"],
  ["x-dd-b", { status: 403, headers: { "x-dd-b": "1" } }, "datadome", "mitigation"],
  ["x-datadome", { status: 403, headers: { "x-datadome": "blocked" } }, "datadome", "mitigation"],
  ["aws challenge", { status: 202, headers: { "x-amzn-waf-action": "challenge" } }, "aws-waf", "mitigation"],
  ["aws captcha", { status: 405, headers: { "x-amzn-waf-action": "captcha" } }, "aws-waf", "mitigation"],
  ["sucuri", { status: 403, headers: { "x-sucuri-block": "XSS" } }, "sucuri", "mitigation"],
  ["vercel", { status: 429, headers: { "x-vercel-mitigated": "challenge" } }, "vercel", "mitigation"],
  ["a Cloudflare 1020 page without a header", { status: 403, body: withIn('<span class="cf-error-code">1020</span>') }, "cloudflare", "marker"],
  ["a challenge rendered late, on a 200", { status: 200, body: withIn("<script>window._cf_chl_opt = {}</script>") }, "cloudflare", "marker"],
  ["DataDome's frame", { status: 403, body: '<iframe src="https://geo.captcha-delivery.com/captcha/?x"></iframe>' }, "datadome", "marker"],
  ["HUMAN's page", { status: 403, body: "<title>Access to this page has been denied</title>" }, "perimeterx", "marker"],
  ["HUMAN's JSON", { status: 403, body: '{"appId":"PX1","jsClientSrc":"/a.js","firstPartyEnabled":true,"blockScript":"/b.js"}' }, "perimeterx", "marker"],
  ["Akamai's reference", { status: 403, body: "<h1>Access Denied</h1>Reference&#32;&#35;18&#46;2d351ab8&#46;1557333295&#46;a4e16ab" }, "akamai", "marker"],
  ["Imperva's frame", { status: 200, body: '<iframe id="main" src="/_Incapsula_Resource?CWUDNSAI=9&incident_id=1"></iframe>' }, "imperva", "marker"],
  ["Kasada", { status: 429, body: "<script>window.KPSDK={};KPSDK.scriptStart=KPSDK.now()</script>" }, "kasada", "marker"],
  ["F5", { status: 200, body: "The requested URL was rejected. Please consult with your administrator. Your support ID is: 1" }, "f5", "marker"],
  ["Vercel's checkpoint", { status: 429, body: "<title>Vercel Security Checkpoint</title>" }, "vercel", "marker"],
  ["Radware", { status: 200, body: "<title>Unauthorized Request Blocked</title>Access denied because we have detected unauthorized activity" }, "radware", "marker"],
  ["Anubis", { status: 200, body: '<script id="anubis_challenge" type="application/json">{}</script>' }, "anubis", "marker"],
  ["Google's refusal", { status: 429, url: "https://www.google.com/sorry/index?continue=x" }, "google", "marker"],
  ["LinkedIn", { status: 999 }, "linkedin", "marker"],
  ["a title on an error", { status: 503, body: withIn("").replace("Harbour news", "Just a moment...") }, "cloudflare", "weak"],
  ["a title on a nearly empty page", { status: 200, body: "<title>Just a moment...</title>" }, "cloudflare", "weak"],
  ["a bare 403", { status: 403 }, "unknown", "weak"],
  ["a bare 403 behind Cloudflare", { status: 403, headers: { server: "cloudflare", "cf-ray": "1" } }, "cloudflare", "weak"],
  ["a bare 429 with a cookie of Akamai", { status: 429, cookies: ["_abck"] }, "akamai", "weak"],
  ["a captcha on a nearly empty page", { status: 200, body: '<div class="cf-turnstile"></div>' }, "unknown", "weak"],
  ["a broken HTTP/2 stream", { status: 0, error: "net::ERR_HTTP2_PROTOCOL_ERROR at https://x" }, "unknown", "weak"],
];

/** Looks like a block to somebody, and is none. */
const FREE: readonly (readonly [string, Answer])[] = [
  [
    "an ordinary page behind every vendor",
    {
      status: 200,
      headers: { server: "cloudflare", "cf-ray": "1", "x-iinfo": "1", "x-datadome": "protected" },
      cookies: ["datadome", "_abck", "visid_incap_1", "_px3", "aws-waf-token"],
      body: LONG,
    },
  ],
  ["a solved challenge", { status: 200, cookies: ["cf_clearance"], body: LONG }],
  [
    "a Turnstile widget on a long page",
    { status: 200, body: withIn('<div class="cf-turnstile"></div><script src="https://challenges.cloudflare.com/turnstile/v0/api.js"></script>') },
  ],
  ["a login page with a captcha", { status: 200, body: '<form><input type="password"><div class="g-recaptcha"></div></form>' }],
  ["Cloudflare's own beacon", { status: 200, body: withIn('<script src="/cdn-cgi/challenge-platform/scripts/jsd/main.js"></script>') }],
  ["a policy that allows DataDome", { status: 200, body: withIn(`<meta http-equiv="Content-Security-Policy" content="frame-src https://geo.captcha-delivery.com">`) }],
  ["a comment", { status: 200, body: withIn("<!-- <script>window._cf_chl_opt = {}</script> -->") }],
  ["an API gateway's ids", { status: 200, headers: { "x-amzn-requestid": "1", "x-amz-id-2": "1" }, cookies: ["AWSALB"], body: LONG }],
  ["an article about it", { status: 200, body: LONG.replace("Ships came in", "Just a moment, checking your browser before accessing, sorry, you have been blocked") }],
  ["a login that is asked for", { status: 401, body: "" }],
  ["trouble of the site's own", { status: 503, body: LONG }],
  ["a page that is not there", { status: 404, body: "<title>Not found</title>" }],
];

describe("detectBlock", () => {
  for (const [name, answer, vendor, tier] of BLOCKED) {
    it(`sees ${name}`, () => {
      const block = detectBlock(answer);
      assert.deepEqual([block?.vendor, block?.tier], [vendor, tier]);
      assert.ok((block?.evidence.length ?? 0) > 0);
    });
  }

  for (const [name, answer] of FREE) it(`lets pass ${name}`, () => assert.equal(detectBlock(answer), null));

  it("says everything that it saw", () => {
    assert.deepEqual(detectBlock({ status: 403, body: "<title>Just a moment...</title><p>Checking your browser before accessing harbour.example</p>" }), {
      vendor: "cloudflare",
      tier: "weak",
      evidence: ["title Just a moment", "checking your browser", "status 403"],
    });
  });

  it("reads a hostile page as fast as another one", () => {
    for (const piece of [
      "<",
      "<!--",
      "<script>",
      "<meta ",
      '<iframe src="',
      "data:image/png;base64,",
      "window._pxAppId",
      '"appId":',
      'class="',
      "&nbsp;",
      "<title>",
      "/cdn-cgi/challenge-platform/",
      "Reference #1.ffff",
      "&#",
    ]) {
      // Quadratic in any of these would take minutes.
      assert.doesNotThrow(() => detectBlock({ status: 403, body: piece.repeat(Math.ceil((1024 * 1024) / piece.length)) }));
    }
  });
});

describe("siblingKey", () => {
  const cases: readonly (readonly [string, string | null, string | null])[] = [
    ["brand.com", "brand", "brand"],
    ["www.brand.co.uk", "brand", "brand"],
    ["shop.brand.com.au", "brand", "brand"],
    ["https://www.Brand.com:8443/path", "brand", "brand"],
    ["brand.github.io", "brand.github.io", "tenant"],
    ["brand.s3.amazonaws.com", "brand.s3.amazonaws.com", "tenant"],
    ["brand.myshopify.com", "brand.myshopify.com", "tenant"],
    ["shop.com", "shop", "generic"],
    ["hp.com", "hp", "generic"],
    ["xn--mnchen-3ya.de", "münchen", "brand"],
    ["münchen.de", "münchen", "brand"],
    ["192.168.0.1", null, null],
    ["[::1]", null, null],
    ["localhost", null, null],
    ["co.uk", null, null],
    ["github.io", null, null],
    ["host.invalid-suffix", null, null],
    ["", null, null],
  ];
  for (const [host, key, certainty] of cases) {
    it(`of ${host === "" ? "nothing" : host} is ${key ?? "none"}`, () => {
      const sibling = siblingKey(host);
      assert.deepEqual([sibling?.key ?? null, sibling?.certainty ?? null], [key, certainty]);
    });
  }
});
