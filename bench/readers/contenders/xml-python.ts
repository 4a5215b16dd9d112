import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { wordFindings, type XmlFindings, type XmlFigures, type XmlParams } from "./xml-work.ts";

export interface PythonXmlParams extends XmlParams {
  readonly python: string;
  readonly program: "expat" | "lxml-iterparse";
}

type PythonAnswer = XmlFindings & { readonly wallMs: number; readonly cpuMs: number; readonly rssMib: number };

/** The program measures itself, so the start of Python does not count. */
export default async ({ python, program, file, warmUpFile, warmUps, repeats }: PythonXmlParams): Promise<XmlFigures> => {
  const script = join(import.meta.dirname, "..", "programs", `${program}.py`);
  const run = spawnSync(python, [script, file, warmUpFile, String(warmUps), String(repeats)], { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
  if (run.status !== 0) throw new Error(`${program}.py ended with ${run.status ?? run.signal ?? "an error"}`);
  const answer: PythonAnswer = JSON.parse(run.stdout);
  return { wallMs: answer.wallMs, cpuMs: answer.cpuMs, rssMib: answer.rssMib, findings: wordFindings(answer) };
};
