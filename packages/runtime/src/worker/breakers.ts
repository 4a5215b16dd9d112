import type { Breaker, BreakerOptions, BreakerView } from "../define.ts";
import { DEFAULT_BREAKER_RULE, type BreakerAnswer, type BreakerAsk, type BreakerRule } from "../model/breaker.ts";
import { parseCount, parseDuration } from "../model/units.ts";
import type { BreakerNews, BreakerQuestion, BreakerReply } from "../wire/index.ts";

export interface BreakerHost {
  /** The attempt that runs now. */
  attemptId(): string;
  send(question: BreakerQuestion): void;
  /** Keeps the process alive while an answer is awaited. */
  hold(isAwaiting: boolean): void;
}

/** The breakers as one worker sees them. */
export interface Breakers {
  of(key: string, options: BreakerOptions): Breaker;
  answered(reply: BreakerReply): void;
  changed(news: BreakerNews): void;
}

interface Known {
  readonly state: BreakerAnswer["state"];
  readonly untilMs: number | null;
  readonly evidence: string | null;
  readonly isClean: boolean;
}

const KEY_CHARACTERS_MAX = 200;
const EVIDENCE_CHARACTERS_MAX = 2000;
/** Beyond so many the oldest is forgotten and asked for again. */
const KNOWN_MAX = 10_000;

/** What is known here to be open is answered here; everything else is asked of the host, which also tells what changes. */
export function createBreakers(host: BreakerHost): Breakers {
  const known = new Map<string, Known>();
  const waiting = new Map<number, { readonly key: string; resolve(answer: BreakerAnswer): void; reject(error: Error): void }>();
  let lastRequest = 0;

  function ask(key: string, what: BreakerAsk): Promise<BreakerAnswer> {
    lastRequest += 1;
    const request = lastRequest;
    host.hold(true);
    return new Promise((resolve, reject) => {
      waiting.set(request, { key, resolve, reject });
      host.send({ kind: "breaker", request, attemptId: host.attemptId(), key, ask: what });
    });
  }

  function learn(key: string, what: Known): void {
    known.delete(key);
    known.set(key, what);
    const [oldest] = known.keys();
    if (known.size > KNOWN_MAX && oldest !== undefined) known.delete(oldest);
  }

  return {
    of(key, options) {
      checkKey(key);
      const rule = resolveRule(options);
      return {
        async state() {
          const here = known.get(key);
          if (here?.state === "open" && here.untilMs !== null && Date.now() < here.untilMs) return view({ ...here, allowed: false });
          return view(await ask(key, { kind: "ask", rule }));
        },
        async trip({ evidence, forMs }) {
          const openForMs = forMs === undefined ? rule.forMs : parseDuration(forMs, "breaker forMs");
          await ask(key, { kind: "trip", forMs: openForMs, evidence: checkEvidence(evidence) });
        },
        async success() {
          if (known.get(key)?.isClean !== true) await ask(key, { kind: "success" });
        },
        async failure(evidence) {
          await ask(key, { kind: "failure", rule, evidence: evidence === undefined ? null : checkEvidence(evidence) });
        },
      };
    },
    answered(reply) {
      const asker = waiting.get(reply.request);
      if (asker === undefined) return;
      waiting.delete(reply.request);
      host.hold(false);
      if (!reply.ok) return asker.reject(new Error(reply.message));
      learn(asker.key, { ...reply.answer, isClean: reply.isClean });
      asker.resolve(reply.answer);
    },
    changed(news) {
      if (news.state === "open" || known.has(news.key)) learn(news.key, news);
    },
  };
}

function view({ state, allowed, untilMs, evidence }: BreakerAnswer): BreakerView {
  return { state, allowed, untilMs, evidence };
}

function checkKey(key: unknown): void {
  if (typeof key !== "string" || key === "" || key.length > KEY_CHARACTERS_MAX || /[\p{Cc}]/u.test(key))
    throw new TypeError(`the key of a breaker is a text of 1 to ${KEY_CHARACTERS_MAX} characters on one line`);
}

function checkEvidence(evidence: unknown): string {
  if (typeof evidence !== "string") throw new TypeError("the evidence of a breaker is a text");
  return evidence.slice(0, EVIDENCE_CHARACTERS_MAX);
}

function resolveRule(options: BreakerOptions): BreakerRule {
  const rule: BreakerRule = {
    failures: options.failures === undefined ? DEFAULT_BREAKER_RULE.failures : parseCount(options.failures, "breaker failures"),
    probes: options.probes === undefined ? DEFAULT_BREAKER_RULE.probes : parseCount(options.probes, "breaker probes"),
    forMs: options.forMs === undefined ? DEFAULT_BREAKER_RULE.forMs : parseDuration(options.forMs, "breaker forMs"),
    probeMs: options.probeMs === undefined ? DEFAULT_BREAKER_RULE.probeMs : parseDuration(options.probeMs, "breaker probeMs"),
  };
  if (rule.failures > 1000 || rule.probes > 100) throw new RangeError("a breaker takes at most 1000 failures and 100 probes");
  return rule;
}
