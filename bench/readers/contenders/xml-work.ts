import { peakRssMib } from "../peak-memory.ts";

/** What every contender does with a report: what an import looks at, and nothing more. */
export interface XmlFindings {
  cases: number;
  nameChars: number;
  seconds: number;
  failureChars: number;
}

export interface XmlParams {
  readonly file: string;
  /** A small report that is read so often first that the code is compiled. */
  readonly warmUpFile: string;
  readonly warmUps: number;
  readonly repeats: number;
}

export type XmlFigures = { readonly wallMs: number; readonly cpuMs: number; readonly rssMib: number; readonly findings: string };

export function noFindings(): XmlFindings {
  return { cases: 0, nameChars: 0, seconds: 0, failureChars: 0 };
}

/** Per reading, over all repeats. CPU is that of all threads. */
export async function measureXml(params: XmlParams, read: (file: string) => Promise<XmlFindings>): Promise<XmlFigures> {
  for (let index = 0; index < params.warmUps; index += 1) await read(params.warmUpFile);
  const cpuBefore = process.cpuUsage();
  const startMs = performance.now();
  let findings = noFindings();
  for (let index = 0; index < params.repeats; index += 1) findings = await read(params.file);
  const wallMs = (performance.now() - startMs) / params.repeats;
  const { user, system } = process.cpuUsage(cpuBefore);
  return { wallMs, cpuMs: (user + system) / 1000 / params.repeats, rssMib: peakRssMib(), findings: wordFindings(findings) };
}

export function wordFindings({ cases, nameChars, seconds, failureChars }: XmlFindings): string {
  return `${cases} cases, ${nameChars} characters of names, ${Math.round(seconds)} s, ${failureChars} characters of failures`;
}
