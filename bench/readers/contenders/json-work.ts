import { peakRssMib } from "../peak-memory.ts";

/** What every contender does with each element. */
export interface JsonFindings {
  elements: number;
  levels: number;
  nameChars: number;
}

export interface JsonParams {
  readonly file: string;
  /** A small document that is read so often first that the code is compiled. */
  readonly warmUpFile: string;
  readonly warmUps: number;
  readonly repeats: number;
  readonly form: "array" | "map" | "lines";
}

export type JsonFigures = { readonly wallMs: number; readonly cpuMs: number; readonly rssMib: number; readonly findings: string };

export function noFindings(): JsonFindings {
  return { elements: 0, levels: 0, nameChars: 0 };
}

/** One element. The documents are ours: what they hold is known. */
export function look(found: JsonFindings, element: unknown): void {
  const { level, name } = element as { readonly level: number; readonly name: string };
  found.elements += 1;
  found.levels += level;
  found.nameChars += name.length;
}

/** Per reading, over all repeats. CPU is that of all threads. */
export async function measureJson(params: JsonParams, read: (file: string, found: JsonFindings) => Promise<void>): Promise<JsonFigures> {
  for (let index = 0; index < params.warmUps; index += 1) await read(params.warmUpFile, noFindings());
  const cpuBefore = process.cpuUsage();
  const startMs = performance.now();
  let found = noFindings();
  for (let index = 0; index < params.repeats; index += 1) {
    found = noFindings();
    await read(params.file, found);
  }
  const wallMs = (performance.now() - startMs) / params.repeats;
  const { user, system } = process.cpuUsage(cpuBefore);
  const findings = `${found.elements} elements, levels of ${found.levels}, ${found.nameChars} characters of names`;
  return { wallMs, cpuMs: (user + system) / 1000 / params.repeats, rssMib: peakRssMib(), findings };
}
