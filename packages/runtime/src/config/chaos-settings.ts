import { FAULTS, type Fault } from "../model/index.ts";
import { readChoice, readShare, readSwitch, readText, readTexts, type Reader } from "./readers.ts";
import { setting } from "./setting.ts";

const readFaults: Reader<readonly Fault[]> = (written, context) => readTexts(written, context).map((each) => readChoice(FAULTS)(each, context));

/** Fault injection for as long as the runtime lives, and where it is refused. */
export const CHAOS_SETTINGS = {
  production: setting<boolean | null>("production", {
    variable: "COFFERDAM_PRODUCTION",
    flag: null,
    fallback: null,
    fallbackText: "whether NODE_ENV is production",
    description: "whether real work is done here: faults are then injected only when forced",
    read: readSwitch,
  }),
  chaosRate: setting<number>("chaos.rate", {
    variable: "COFFERDAM_CHAOS_RATE",
    flag: null,
    fallback: 0,
    fallbackText: "0, none",
    description: "share of the attempts that a fault is injected into while this runtime lives, 0 to 1; for test and staging",
    read: readShare,
  }),
  chaosFaults: setting<readonly Fault[]>("chaos.faults", {
    variable: "COFFERDAM_CHAOS_FAULTS",
    flag: null,
    fallback: FAULTS,
    fallbackText: "all of them",
    description: "which faults: kill, stop, fill, flood, block",
    read: readFaults,
  }),
  chaosType: setting<string | null>("chaos.type", {
    variable: "COFFERDAM_CHAOS_TYPE",
    flag: null,
    fallback: null,
    fallbackText: "all types",
    description: "only jobs of this type are hit",
    read: readText,
  }),
  chaosForce: setting<boolean>("chaos.force", {
    variable: "COFFERDAM_CHAOS_FORCE",
    flag: null,
    fallback: false,
    fallbackText: "off",
    description: "inject faults in production too; without it a runtime with a chaos.rate refuses to start there",
    read: readSwitch,
  }),
} as const;
