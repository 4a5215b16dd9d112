// JSON and NDJSON documents through the readers, beside JSON.parse of the whole and stream-json.
import { join } from "node:path";
import { figuresOf, runRounds, type Entry, type Results } from "../src/harness/contenders.ts";
import { atLeast, atMost, publish, spreadText, tableRow, type Bar } from "../src/harness/report.ts";
import { sized } from "../src/harness/scale.ts";
import { withScratch } from "../src/harness/scratch.ts";
import { ratios, spreadOf } from "../src/harness/statistics.ts";
import { writeJsonDocument, type JsonForm, type JsonStyle } from "./json-documents.ts";

const MIB = 1024 ** 2;

interface Case {
  readonly style: JsonStyle;
  readonly form: JsonForm;
  readonly mib: number;
  readonly rounds: number;
  readonly repeats: number;
}

const CASES: readonly Case[] = sized({
  full: [
    { style: "records", form: "array", mib: 1, rounds: 5, repeats: 20 },
    { style: "records", form: "array", mib: 50, rounds: 5, repeats: 1 },
    { style: "records", form: "array", mib: 500, rounds: 3, repeats: 1 },
    { style: "records", form: "map", mib: 50, rounds: 5, repeats: 1 },
    { style: "logs", form: "array", mib: 50, rounds: 5, repeats: 1 },
    { style: "records", form: "lines", mib: 1, rounds: 5, repeats: 20 },
    { style: "records", form: "lines", mib: 50, rounds: 5, repeats: 1 },
    { style: "records", form: "lines", mib: 500, rounds: 3, repeats: 1 },
  ],
  smoke: [
    { style: "records", form: "array", mib: 1, rounds: 1, repeats: 5 },
    { style: "logs", form: "map", mib: 1, rounds: 1, repeats: 5 },
    { style: "records", form: "lines", mib: 1, rounds: 1, repeats: 5 },
  ],
});

const OWN = "@cofferdam/readers";
const WHOLE = "JSON.parse of the whole (lines: of each)";
const STREAM_JSON = "stream-json, pick + streamArray";
const NAMES = [OWN, WHOLE, STREAM_JSON];
const warmUps = sized({ full: 10, smoke: 2 });
const TIMEOUT_MS = 600_000;

interface Cell extends Case {
  readonly title: string;
  readonly results: Results;
}

await withScratch(async (scratch) => {
  // The harness is TypeScript. What Node needs to strip types (16 MiB) is not part of what is measured: the stripped code is cached.
  process.env["NODE_COMPILE_CACHE"] = join(scratch, "compile-cache");
  const measured: Cell[] = [];
  for (const each of CASES) {
    const { style, form, mib, rounds, repeats } = each;
    const title = `${style}, ${form}, ${mib} MB`;
    const [file, warmUpFile] = [join(scratch, "document"), join(scratch, "warm-up")];
    await writeJsonDocument({ style, form, bytes: MIB, seed: 2 }, warmUpFile);
    await writeJsonDocument({ style, form, bytes: mib * MIB, seed: 1 }, file);
    process.stderr.write(`${title}\n`);
    const params = { file, warmUpFile, warmUps, repeats, form };
    await runRounds(1, contenders({ ...params, file: warmUpFile, warmUps: 0, repeats: 1 }), TIMEOUT_MS);
    measured.push({ ...each, title, results: assertSame(await runRounds(rounds, contenders(params), TIMEOUT_MS)) });
  }
  publish({
    name: "readers-json",
    packages: ["@cofferdam/readers", "stream-json"],
    tables: [
      table(measured, "CPU of one reading, ms, median (min..max)", (results, name) => spreadText(spreadOf(figuresOf(results, name, "cpuMs")))),
      table(measured, "Wall time of one reading, ms, median (min..max)", (results, name) => spreadText(spreadOf(figuresOf(results, name, "wallMs")))),
      table(measured, "CPU of the contender / CPU of the readers: how many times as fast they are", (results, name) =>
        spreadText(ratios(figuresOf(results, name, "cpuMs"), figuresOf(results, OWN, "cpuMs"))),
      ),
      table(measured, "Peak resident memory of the process, MiB", (results, name) => spreadText(spreadOf(figuresOf(results, name, "rssMib")))),
    ],
    bars: measured.flatMap(barsOf),
    notes: [
      "Everyone looks at each element: counts it, adds up a number and the length of a name. All must find the same, or the run fails. stream-json has no part in the lines.",
      "The readers check UTF-8, depth, sizes, duplicate keys and numbers beyond 2^53, and know the place of an error; JSON.parse replaces bad UTF-8, takes the last of two equal keys and rounds.",
      "Each contender reads a document of 1 MB ten times before the clock starts; the documents of 1 MB are then read 20 times. A first, cold reading of 1 MB takes the readers about twice the CPU of JSON.parse, and as much again to load them: code has to be read and compiled.",
      "Strings of 384 bytes or more do not go through JSON.parse, which is slow with them: JSON.parse of the whole is not even three times as fast as stream-json where a document is mostly long strings.",
      "Memory is that of a whole Node process; an idle one has 45 to 50 MiB. Compiled code comes from a cache, so that Node need not strip types from the harness.",
      "CPU counts all threads of the process, garbage collection and reading included. JSON.parse of the whole takes no document above 512 MiB.",
    ],
    raw: Object.fromEntries(measured.map(({ title, results }) => [title, Object.fromEntries(results)])),
  });
});

function contenders(params: { readonly form: JsonForm } & Readonly<Record<string, unknown>>): Entry<unknown>[] {
  const at = (name: string): string => `../../readers/contenders/${name}`;
  const both: Entry<unknown>[] = [
    { name: OWN, module: at("json-cofferdam"), params },
    { name: WHOLE, module: at("json-parse"), params },
  ];
  return params.form === "lines" ? both : [...both, { name: STREAM_JSON, module: at("json-stream-json"), params }];
}

function table(measured: readonly Cell[], title: string, cell: (results: Results, name: string) => string) {
  const rows = measured.map((each) =>
    tableRow(
      each.title,
      NAMES.map((name) => (each.results.has(name) ? cell(each.results, name) : "-")),
    ),
  );
  return { title, columns: ["", ...NAMES], rows };
}

function barsOf({ title, mib, form, results }: Cell): readonly Bar[] {
  const faster = (peer: string): number => ratios(figuresOf(results, peer, "cpuMs"), figuresOf(results, OWN, "cpuMs")).median;
  const beside = faster(WHOLE);
  const least = mib < 50 && form !== "lines" ? 0.8 : 1;
  return [
    atLeast(`${title}: speed / JSON.parse`, least, beside, form !== "lines" && mib >= 50 && beside >= 1.3 ? "the aim of 1.3 too" : undefined),
    ...(form === "lines" ? [] : [atLeast(`${title}: speed / stream-json`, 5, faster(STREAM_JSON))]),
    atMost(`${title}: peak RSS, MiB`, 90, spreadOf(figuresOf(results, OWN, "rssMib")).max),
  ];
}

/** A parser that is fast because it misses something is no contender. */
function assertSame(results: Results): Results {
  const found = new Set([...results.values()].flat().map(({ findings }) => findings));
  if (found.size !== 1) throw new Error(`the contenders do not agree: ${[...found].join(" | ")}`);
  return results;
}
