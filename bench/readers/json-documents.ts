import { once } from "node:events";
import { createWriteStream } from "node:fs";

/** `records`: small nested objects, as in profiles and feeds. `logs`: entries whose message is most of them, with line breaks and quotes escaped. */
export type JsonStyle = "records" | "logs";
/** `array`: in an object with a head and a foot around it. `map`: the same by id. `lines`: NDJSON. */
export type JsonForm = "array" | "map" | "lines";

export interface JsonDocument {
  readonly style: JsonStyle;
  readonly form: JsonForm;
  readonly bytes: number;
  readonly seed: number;
}

const FRAMES: Readonly<Record<JsonForm, readonly [string, string, string]>> = {
  array: ['{"version":3,"source":{"name":"bench"},"items":[', ",", '],"complete":true}\n'],
  map: ['{"version":3,"source":{"name":"bench"},"items":{', ",", '},"complete":true}\n'],
  lines: ["", "\n", "\n"],
};

/** Writes a document of about this many bytes; the same seed makes the same document. */
export async function writeJsonDocument({ style, form, bytes, seed }: JsonDocument, file: string): Promise<void> {
  const chance = createChance(seed);
  const [head, between, foot] = FRAMES[form];
  const out = createWriteStream(file);
  let pending = head;
  let written = 0;
  for (let index = 0; written + pending.length < bytes - foot.length; index += 1) {
    const item = JSON.stringify(style === "records" ? recordAt(index, chance) : logEntryAt(index, chance));
    pending += `${index === 0 ? "" : between}${form === "map" ? `"${1000 + index}":` : ""}${item}`;
    if (pending.length < 65_536) continue;
    written += Buffer.byteLength(pending);
    if (!out.write(pending)) await once(out, "drain");
    pending = "";
  }
  out.end(pending + foot);
  await once(out, "finish");
}

const NAMES = ["Ember Drake", "Moon Rabbit", "Grave Knight", "Dust Devil", "Siren", "Wächter der Brücke", "Ironhawk", "Soothsayer"];
const WORDS = ["request", "took", "user", "not", "found", "retrying", "after", "connection", "reset", 'said "no"', "path=/var/lib", "line\nbreak", "\tat Object.run"];

function recordAt(index: number, chance: () => number): unknown {
  return {
    id: 6000 + index,
    name: `${pick(NAMES, chance)} ${Math.floor(chance() * 1e6)}`,
    level: Math.floor(chance() * 20),
    amount: Math.floor(chance() * 1000),
    weight: Number(chance().toFixed(4)),
    cards: { fusion: Math.floor(chance() * 100), orb: chance() < 0.5 ? null : Math.floor(chance() * 9) },
    traits: [chance() < 0.5, chance() < 0.5, chance() < 0.5],
    tags: ["common", pick(NAMES, chance).slice(0, 5)],
  };
}

function logEntryAt(index: number, chance: () => number): unknown {
  const words = Array.from({ length: 20 + Math.floor(chance() * 400) }, () => pick(WORDS, chance));
  return { id: index, level: Math.floor(chance() * 6), name: `service-${Math.floor(chance() * 40)}`, message: words.join(" ") };
}

function pick<T>(from: readonly T[], chance: () => number): T {
  const found = from[Math.floor(chance() * from.length)];
  if (found === undefined) throw new Error("nothing to pick from");
  return found;
}

/** A linear congruential generator: the same numbers everywhere. */
function createChance(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
