import type { StandardSchemaV1 } from "@standard-schema/spec";
import type { PointedError } from "../model/index.ts";
import { loadDefinition } from "./load.ts";

export interface Checked {
  /** An empty list means the input is fine. */
  readonly errors: readonly PointedError[];
  /** Why the schema could not be asked. */
  readonly failure?: string;
}

/** Asks the definition's own schema. Never rejects: a schema that throws does not accept the input. */
export async function checkInput(moduleUrl: string, exportName: string, input: string): Promise<Checked> {
  let definition: Awaited<ReturnType<typeof loadDefinition>>;
  try {
    definition = await loadDefinition(moduleUrl, exportName);
  } catch (error) {
    return { errors: [], failure: `${moduleUrl} cannot be imported any more: ${wordOf(error)}` };
  }
  try {
    const { errors } = await parseInput(definition.options.input, JSON.parse(input));
    return { errors };
  } catch (error) {
    return { errors: [{ pointer: "", detail: `the input schema threw ${wordOf(error)}` }] };
  }
}

function wordOf(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}

export async function parseInput(schema: StandardSchemaV1 | undefined, value: unknown): Promise<{ readonly value: unknown; readonly errors: readonly PointedError[] }> {
  if (schema === undefined) return { value, errors: [] };
  const result = await schema["~standard"].validate(value);
  if (result.issues === undefined) return { value: result.value, errors: [] };
  return { value: undefined, errors: result.issues.map((issue) => ({ pointer: pointerOf(issue.path), detail: String(issue.message) })) };
}

function pointerOf(path: StandardSchemaV1.Issue["path"]): string {
  return (path ?? [])
    .map((segment) => (typeof segment === "object" ? segment.key : segment))
    .map((key) => `/${String(key).replaceAll("~", "~0").replaceAll("/", "~1")}`)
    .join("");
}
