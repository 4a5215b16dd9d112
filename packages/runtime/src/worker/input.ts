import type { StandardSchemaV1 } from "@standard-schema/spec";
import type { PointedError } from "../model/index.ts";
import { loadDefinition } from "./load.ts";

/** Asks the definition's own schema. An empty list means the input is fine. */
export async function checkInput(moduleUrl: string, exportName: string, input: string): Promise<readonly PointedError[]> {
  const definition = await loadDefinition(moduleUrl, exportName);
  const result = await parseInput(definition.options.input, JSON.parse(input));
  return result.errors;
}

export async function parseInput(schema: StandardSchemaV1 | undefined, value: unknown): Promise<{ readonly value: unknown; readonly errors: readonly PointedError[] }> {
  if (schema === undefined) return { value, errors: [] };
  const result = await schema["~standard"].validate(value);
  if (result.issues === undefined) return { value: result.value, errors: [] };
  return { value: undefined, errors: result.issues.map((issue) => ({ pointer: pointerOf(issue.path), detail: issue.message })) };
}

function pointerOf(path: StandardSchemaV1.Issue["path"]): string {
  return (path ?? [])
    .map((segment) => (typeof segment === "object" ? segment.key : segment))
    .map((key) => `/${String(key).replaceAll("~", "~0").replaceAll("/", "~1")}`)
    .join("");
}
