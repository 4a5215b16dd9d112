import { readFile } from "node:fs/promises";
import { look, measureJson, type JsonFindings, type JsonParams } from "./json-work.ts";

/** The whole file as one string, and JSON.parse: of all of it, or of each line. */
export default (params: JsonParams) => measureJson(params, params.form === "lines" ? splitAndParse : parseWhole);

async function parseWhole(file: string, found: JsonFindings): Promise<void> {
  const { items }: { readonly items: object } = JSON.parse(await readFile(file, "utf8"));
  for (const value of Array.isArray(items) ? items : Object.values(items)) look(found, value);
}

async function splitAndParse(file: string, found: JsonFindings): Promise<void> {
  const text = await readFile(file, "utf8");
  for (const line of text.split("\n")) if (line !== "") look(found, JSON.parse(line));
}
