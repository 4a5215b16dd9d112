import { readBytes, readCount, readDuration, readLimit, type Reader } from "./readers.ts";
import { setting, type Setting } from "./setting.ts";

/** What a program of `cofferdam exec` may use. */
export const EXEC_SETTINGS = {
  execMemory: limit("memory", "<size>", readBytes, "memory of the whole process tree, such as 512MB"),
  execPids: limit("pids", "<count>", readCount(1, 4_194_304), "threads plus processes of the whole tree"),
  execTime: limit("time", "<duration>", readDuration, "longest wall time, such as 5m"),
  execStall: limit("stall", "<duration>", readDuration, "longest silence: no output and no progress"),
  execOutput: limit("output", "<size>", readBytes, "log bytes, standard output and standard error together"),
  execGrace: setting<number>("exec.grace", {
    variable: "COFFERDAM_EXEC_GRACE",
    flag: "--grace <duration>",
    fallback: 2000,
    fallbackText: "2s",
    description: "how long the program may take to end by itself after it is asked to",
    read: readDuration,
  }),
} as const;

function limit(name: string, argument: string, read: Reader<number>, description: string): Setting<number | null> {
  return setting<number | null>(`exec.${name}`, {
    variable: `COFFERDAM_EXEC_${name.toUpperCase()}`,
    flag: `--${name} ${argument}`,
    fallback: null,
    fallbackText: "none",
    description: `budget of cofferdam exec: ${description}`,
    read: readLimit(read),
  });
}
