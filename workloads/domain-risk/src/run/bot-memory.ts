// Which families of domains are known to refuse us: breakers of the runtime, on disk, shared by all workers and runs.
import { siblingKey } from "@cofferdam/browsers";
import type { Runtime } from "cofferdam";
import { DAY_MS } from "../cache/validity.ts";
import type { DomainRecord } from "../record.ts";

const FORGOTTEN_AFTER_MS = 7 * DAY_MS;
const KEY_PREFIX = "bot:";
const EVIDENCE_CHARS_MAX = 500;

/** The registrable name without its public suffix; the host itself where there is none. */
export function familyOf(domain: string): string {
  return siblingKey(domain)?.key ?? domain;
}

const REFUSES = /403|forbidden|cloudflare|bot protection|certificate/i;

/**
 * What teaches that a family refuses us: both methods were tried and failed, and one of them was refused. null when it teaches nothing.
 * Numbers of characters and addresses are not taken for a status.
 */
export function refusalOf(record: DomainRecord, triedPlainRequest: boolean): string | null {
  if (record.accessible || !triedPlainRequest || record.error === undefined || record.fallback_reason === undefined) return null;
  return [record.error, record.fallback_reason].find((said) => REFUSES.test(said.replace(/\(\d+ chars/g, "").replace(/\bat \S+:\/\/\S+/g, ""))) ?? null;
}

export interface BotMemory {
  knows(domain: string): boolean;
  /** Resolves when it is on disk. */
  learn(domain: string, evidence: string): Promise<void>;
  forget(domain: string): Promise<void>;
}

export function createBotMemory(control: Runtime["control"], nowMs: () => number): BotMemory {
  const find = (domain: string): { readonly openUntilMs: number | null } | undefined => control.breakers().find(({ key }) => key === keyOf(domain));
  return {
    // When its time is over everybody may try again, not one after the other.
    knows: (domain) => (find(domain)?.openUntilMs ?? 0) > nowMs(),
    async learn(domain, evidence) {
      await control.tripBreaker(keyOf(domain), { by: JSON.stringify(domain), evidence: evidence.slice(0, EVIDENCE_CHARS_MAX), forMs: FORGOTTEN_AFTER_MS });
    },
    async forget(domain) {
      if (find(domain) !== undefined) await control.resetBreaker(keyOf(domain), domain);
    },
  };
}

function keyOf(domain: string): string {
  return `${KEY_PREFIX}${familyOf(domain)}`.slice(0, 200);
}
