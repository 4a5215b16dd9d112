// What protected sites answer, as data. Vendors' own documents, their block templates and public detectors; a sign that public lists have and that is wrong
// (a Turnstile widget on a login page, `cf_clearance`, an API gateway's request id) is left out, and the test holds that it stays out.

/** Named as on their own sites; "unknown" when a site refuses without saying for whom. */
export type BlockVendor =
  | "akamai"
  | "amazon"
  | "anubis"
  | "aws-waf"
  | "cloudflare"
  | "datadome"
  | "f5"
  | "google"
  | "imperva"
  | "kasada"
  | "linkedin"
  | "perimeterx"
  | "radware"
  | "reddit"
  | "sucuri"
  | "vercel"
  | "ddos-guard"
  | "reblaze"
  | "shape"
  | "unknown";

/** Everything that is given has to be there. */
export interface Sign {
  readonly vendor: BlockVendor;
  /** Says it in a sentence, for the evidence. */
  readonly name: string;
  readonly statuses?: readonly number[];
  /** Name, and what its value has to match; a name that begins with "^" is a pattern itself. */
  readonly header?: readonly [name: string, value: RegExp];
  readonly title?: RegExp;
  /** Each of them in the markup, without comments, content security policies and data URIs. */
  readonly markup?: readonly RegExp[];
  /** In what a reader sees. */
  readonly text?: RegExp;
  readonly url?: RegExp;
}

/** The vendor says itself that it acted on this request: enough alone. */
export const MITIGATIONS: readonly Sign[] = [
  { vendor: "cloudflare", name: "header cf-mitigated", header: ["cf-mitigated", /challenge|block/i] },
  { vendor: "datadome", name: "header x-dd-b", header: ["x-dd-b", /^[12]$/] },
  { vendor: "datadome", name: "header x-datadome", header: ["x-datadome", /^(?!protected$).+/i] },
  { vendor: "datadome", name: "header x-datadome-cid", header: ["x-datadome-cid", /./] },
  { vendor: "aws-waf", name: "status 202 with header x-amzn-waf-action: challenge", statuses: [202], header: ["x-amzn-waf-action", /^challenge$/i] },
  { vendor: "aws-waf", name: "status 405 with header x-amzn-waf-action: captcha", statuses: [405], header: ["x-amzn-waf-action", /^captcha$/i] },
  { vendor: "sucuri", name: "header x-sucuri-block", header: ["x-sucuri-block", /./] },
  { vendor: "vercel", name: "header x-vercel-mitigated", header: ["x-vercel-mitigated", /challenge|deny/i] },
];

/** Only stands on a block or challenge page: enough alone, on a page of any size. */
export const MARKERS: readonly Sign[] = [
  { vendor: "cloudflare", name: "challenge options in the page (_cf_chl_opt)", markup: [/window\._cf_chl_opt\s*=/] },
  { vendor: "cloudflare", name: "challenge form", markup: [/id="challenge-form"[^>]{0,800}__cf_chl_f_tk=/] },
  { vendor: "cloudflare", name: "error code of the block page", markup: [/<span class="cf-error-code">/] },
  { vendor: "cloudflare", name: "challenge script", markup: [/\/cdn-cgi\/challenge-platform\/[^"'\s]{0,200}orchestrate/] },
  { vendor: "cloudflare", name: "ray id in the footer of the challenge page", markup: [/class="footer"/, /class="footer-inner"/, /class="(?:[^"]{0,100} )?ray-id/] },
  { vendor: "datadome", name: "captcha frame", markup: [/<(?:iframe|script)\b[^>]{0,300}\bsrc=["'](?:https?:)?\/\/(?:geo|ct|interstitial)\.captcha-delivery\.com/i] },
  { vendor: "perimeterx", name: "title of the block page", title: /^Access to this page has been denied/i },
  { vendor: "perimeterx", name: "description px-captcha", markup: [/<meta name="description" content="px-captcha"/i] },
  { vendor: "perimeterx", name: "application id with the captcha host", markup: [/window\._pxAppId\b/, /captcha\.px-c(?:dn|loud)\.net/] },
  { vendor: "perimeterx", name: "refusal as JSON", statuses: [403], markup: [/"appId"\s*:/, /"jsClientSrc"\s*:/, /"blockScript"\s*:/] },
  { vendor: "perimeterx", name: "text of the block page", text: /denied because we believe you are using automation tools/i },
  { vendor: "perimeterx", name: "link to why you were blocked", markup: [/href=["'][^"']{0,300}\/whywasiblocked/i] },
  { vendor: "akamai", name: "reference number", text: /Reference\s*#\s*\d{1,3}\.[0-9a-f]{4,}\.\d{8,}\.[0-9a-f]+/i },
  { vendor: "akamai", name: "link to errors.edgesuite.net", text: /https?:\/\/errors\.edge(?:suite|key)\.net\/\d/i },
  { vendor: "unknown", name: "Pardon Our Interruption", title: /^Pardon Our Interruption/i },
  { vendor: "imperva", name: "incident frame", markup: [/<iframe\b[^>]{0,300}\bsrc=["'][^"']{0,100}_Incapsula_Resource\?/i] },
  { vendor: "imperva", name: "incident number", text: /Incapsula incident ID:?\s*[\d-]+/i },
  { vendor: "imperva", name: "powered by Incapsula", text: /powered by incapsula/i },
  { vendor: "kasada", name: "challenge script", markup: [/KPSDK\.scriptStart\s*=\s*KPSDK\.now\(\)/] },
  { vendor: "f5", name: "rejected by an application firewall", text: /the requested url was rejected[\s\S]{0,200}please consult with your administrator/i },
  { vendor: "sucuri", name: "title of the block page", title: /^Sucuri WebSite Firewall.*Access Denied/i },
  { vendor: "sucuri", name: "style of the block page", markup: [/cdn\.sucuri\.net\/sucuri-firewall-block\.css/] },
  { vendor: "vercel", name: "title of the checkpoint", title: /^Vercel Security Checkpoint/i },
  { vendor: "radware", name: "title and text of the block page", title: /Unauthorized Request Blocked/i, text: /because we have detected unauthorized activity/i },
  { vendor: "anubis", name: "challenge in the page", markup: [/<script id="anubis_challenge"|\/\.within\.website\/x\/cmd\/anubis\//] },
  { vendor: "google", name: "address of the refusal", url: /^https?:\/\/(?:www\.)?google\.[a-z.]+\/sorry\/index/i },
  { vendor: "google", name: "unusual traffic", text: /unusual traffic from your computer network/i },
  { vendor: "google", name: "asks for JavaScript", markup: [/\/httpservice\/retry\/enablejs/] },
  { vendor: "linkedin", name: "status 999", statuses: [999] },
  { vendor: "reddit", name: "blocked by network security", text: /blocked by network security/i },
  { vendor: "amazon", name: "captcha page", markup: [/csm-captcha-instrumentation/] },
];

/** May stand on an ordinary page too: a sign only on an error or on a page with hardly anything on it. */
export const WEAK_SIGNS: readonly Sign[] = [
  { vendor: "cloudflare", name: "title Just a moment", title: /^Just a moment/i },
  { vendor: "cloudflare", name: "title Attention Required", title: /^Attention Required!?.*Cloudflare/i },
  { vendor: "cloudflare", name: "checking your browser", text: /checking your browser before accessing/i },
  { vendor: "cloudflare", name: "you have been blocked", text: /sorry, you have been blocked/i },
  { vendor: "perimeterx", name: "press and hold", text: /press (?:&|and) hold/i },
  { vendor: "akamai", name: "access denied by AkamaiGHost", statuses: [403], header: ["server", /AkamaiGHost/i] },
  { vendor: "akamai", name: "status 403 with header akamai-grn", statuses: [403], header: ["akamai-grn", /./] },
  { vendor: "akamai", name: "header akamai-cache-status: Error", header: ["akamai-cache-status", /^Error/i] },
  { vendor: "akamai", name: "no permission to access", statuses: [403], text: /you don't have permission to access/i, header: ["server", /akamai/i] },
  { vendor: "imperva", name: "request unsuccessful", text: /request unsuccessful/i },
  { vendor: "aws-waf", name: "refused by CloudFront", statuses: [403], header: ["x-cache", /Error from cloudfront/i] },
  { vendor: "aws-waf", name: "the request could not be satisfied", statuses: [403], text: /the request could not be satisfied/i },
  {
    vendor: "unknown",
    name: "captcha widget",
    markup: [/class=["'][^"']{0,200}\b(?:g-recaptcha|h-captcha|cf-turnstile|frc-captcha)\b|(?:arkoselabs\.com|geetest\.com)\/|gt_captcha|geetest_/i],
  },
];

/** Statuses by which sites refuse; without any other sign nobody knows whom or why. 401 asks for a login, 5xx is trouble of their own. */
export const REFUSALS: readonly number[] = [403, 429];

/** Who stands in front of the site: never a block by itself, only a name for one. */
export const PRESENCE: readonly { readonly vendor: BlockVendor; readonly header?: readonly [string, RegExp]; readonly cookie?: RegExp }[] = [
  { vendor: "cloudflare", header: ["server", /^cloudflare/i] },
  { vendor: "cloudflare", header: ["cf-ray", /./], cookie: /^(?:__cf_bm|cf_clearance)$/ },
  { vendor: "datadome", header: ["x-datadome", /./], cookie: /^datadome$/ },
  { vendor: "perimeterx", cookie: /^_px(?:3|hd|vid)$/ },
  { vendor: "akamai", header: ["server", /AkamaiGHost/i], cookie: /^(?:_abck|ak_bmsc)$/ },
  { vendor: "imperva", header: ["x-iinfo", /./], cookie: /^(?:incap_ses_|visid_incap_|reese84$|___utmvc)/ },
  { vendor: "imperva", header: ["x-cdn", /incapsula|imperva/i] },
  { vendor: "aws-waf", cookie: /^aws-waf-token$/ },
  { vendor: "kasada", header: ["x-kpsdk-ct", /./] },
  { vendor: "f5", cookie: /^(?:TS[0-9a-f]{6,8}|BIGipServer)/ },
  { vendor: "shape", header: ["^x-[a-z0-9]{8}-[abcdfz]$", /./] },
  { vendor: "reblaze", cookie: /^rbzid$/ },
  { vendor: "ddos-guard", header: ["server", /ddos-guard/i], cookie: /^__ddg1/ },
  { vendor: "sucuri", header: ["x-sucuri-id", /./] },
];

/** Errors of the connection that bot protection is known to answer with; the network may have done it as well. */
export const TRANSPORT_ERRORS = /NGHTTP2_INTERNAL_ERROR|ERR_HTTP2_STREAM_ERROR|ERR_HTTP2_PROTOCOL_ERROR/;
