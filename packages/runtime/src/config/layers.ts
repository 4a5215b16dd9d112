import { CofferdamError, suggestName } from "../model/index.ts";
import { checkLaneName, show, splitList } from "./readers.ts";
import { placeText, type Layer, type Origin, type Written } from "./origin.ts";
import { LANES_ROW, SETTING_LIST } from "./settings.ts";

const KEYS = SETTING_LIST.map((row) => row.key);
const SECTIONS: ReadonlySet<string> = new Set(KEYS.filter((key) => key.includes(".")).map((key) => key.slice(0, key.indexOf("."))));
const TOP_KEYS: readonly string[] = [...new Set([...KEYS.map((key) => key.split(".")[0] ?? key), LANES_ROW.key])];

/** Flattens what a config file or a caller wrote into setting keys. Unknown keys are refused with a suggestion. */
export function objectLayer(written: unknown, origin: Origin, directory: string): Layer {
  const layer = new Map<string, Written>();
  for (const [key, value] of entriesOf(written, "", origin)) {
    if (value === undefined) continue;
    if (!TOP_KEYS.includes(key)) throw unknownKey(key, TOP_KEYS, origin);
    if (key === LANES_ROW.key) addLanes(layer, value, origin, directory);
    else if (SECTIONS.has(key) && !(typeof value === "boolean" && KEYS.includes(key))) addSection(layer, key, value, origin, directory);
    else layer.set(key, { value, origin, directory });
  }
  return layer;
}

function addSection(layer: Map<string, Written>, section: string, written: unknown, origin: Origin, directory: string): void {
  const known = KEYS.filter((key) => key.startsWith(`${section}.`));
  for (const [name, value] of entriesOf(written, section, origin)) {
    const key = `${section}.${name}`;
    if (!known.includes(key)) throw unknownKey(key, known, origin);
    if (value !== undefined) layer.set(key, { value, origin, directory });
  }
}

function addLanes(layer: Map<string, Written>, written: unknown, origin: Origin, directory: string): void {
  for (const [name, value] of entriesOf(written, LANES_ROW.key, origin)) {
    checkLaneName(name, placeText(LANES_ROW.key, origin));
    layer.set(`${LANES_ROW.key}.${name}`, { value: value ?? {}, origin, directory });
  }
}

/** Lanes as one text, "default=4,browsers=2", from the environment or from flags. */
export function laneTexts(text: string, origin: Origin, directory: string): [string, Written][] {
  return splitList(text).map((part) => {
    const [name, value, ...rest] = part.split("=");
    if (name === undefined || value === undefined || rest.length > 0) {
      throw new CofferdamError("invalid_option", `${placeText(LANES_ROW.key, origin)}: ${show(part)} is not name=concurrency`, { hint: "For example default=4,browsers=2." });
    }
    checkLaneName(name, placeText(LANES_ROW.key, origin));
    return [`${LANES_ROW.key}.${name}`, { value, origin, directory }];
  });
}

/** Flags by setting key, such as { "http.port": "8080", "lanes": ["browsers=2"] }; undefined is not written. */
export function flagLayer(flags: Readonly<Record<string, unknown>>, directory: string): Layer {
  const layer = new Map<string, Written>();
  for (const [key, value] of Object.entries(flags)) {
    if (value === undefined) continue;
    const flag = SETTING_LIST.find((row) => row.key === key)?.flag ?? (key === LANES_ROW.key ? LANES_ROW.flag : key);
    const origin: Origin = { kind: "flag", flag: flag.split(" ")[0] ?? flag };
    if (key === LANES_ROW.key) for (const [laneKey, written] of laneTexts(String(value), origin, directory)) layer.set(laneKey, written);
    else if (KEYS.includes(key)) layer.set(key, { value, origin, directory });
    else throw unknownKey(key, KEYS, origin);
  }
  return layer;
}

function entriesOf(written: unknown, key: string, origin: Origin): [string, unknown][] {
  if (typeof written !== "object" || written === null || Array.isArray(written)) {
    const place = key === "" ? (origin.kind === "file" ? origin.file : "options") : placeText(key, origin);
    throw new CofferdamError("invalid_option", `${place}: ${show(written)} is not an object`, { hint: 'For example { http: { port: 8080 }, drainTimeout: "1m" }.' });
  }
  return Object.entries(written);
}

function unknownKey(key: string, known: readonly string[], origin: Origin): CofferdamError {
  return new CofferdamError("unknown_option", `${placeText(key, origin)}: there is no such setting${suggestName(key, known)}`, { hint: `Settings are: ${known.join(", ")}.` });
}
