// The words of generated reports: what real ones look like, already escaped for XML.
import type { Chance } from "./chance.ts";

const MODULES = ["routing", "firewall", "vpn", "qos", "telemetry", "upgrade", "licensing", "cluster"] as const;
const VERBS = ["opens", "rejects", "keeps", "restores", "announces", "withdraws", "limits", "reports"] as const;
const THINGS = ["the session", "an expired lease", "two peers", "an empty table", "the last backup", "a changed policy", "a tunnel at &lt;2 Mbit/s", "caf\u{E9} names"] as const;
const LEVELS = ["DEBUG", "INFO", "INFO", "INFO", "WARN", "ERROR"] as const;
const EVENTS = [
  "peer state changed from idle to established",
  "flushed 128 entries in 14 ms",
  "retry 2 of 5 after timeout [code=110]",
  "configuration applied <generation 42>",
  "route 10.0.0.0/8 withdrawn & announced again",
  "thread pool: 16 active, 0 waiting",
] as const;

export function moduleOf(suite: number): string {
  return MODULES[suite % MODULES.length] ?? MODULES[0];
}

export function classNameOf(suite: number): string {
  return `com.example.${moduleOf(suite)}.Suite${suite}Test`;
}

export function testNameOf(chance: Chance, index: number): string {
  return `${chance.pick(VERBS)} ${chance.pick(THINGS)} [case ${index}]`;
}

export function messageOf(chance: Chance): string {
  return `expected ${chance.below(1000)} &lt;= ${chance.below(1000)} but ${chance.pick(VERBS)} &quot;${chance.pick(THINGS)}&quot;`;
}

export function traceOf(chance: Chance, message: string): string {
  const frames = Array.from({ length: 3 + chance.below(10) }, () => `    at com.example.${chance.pick(MODULES)}.Worker.run(Worker.java:${chance.below(900)})`);
  return `${message}\n${frames.join("\n")}\n`;
}

/** Lines of a log of about this length, for a CDATA section. */
export function logText(chance: Chance, chars: number): string {
  const lines: string[] = [];
  for (let length = 0, index = 0; length < chars; index += 1) {
    const time = new Date(1_700_000_000_000 + index * 37).toISOString();
    const line = `${time} [${chance.pick(LEVELS)}] worker-${chance.below(32)} ${chance.pick(EVENTS)}\n`;
    lines.push(line);
    length += line.length;
  }
  return lines.join("");
}
