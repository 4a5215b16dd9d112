import { DEFINITION, type JobDefinition, type CommandDefinition } from "../define.ts";

const loaded = new Map<string, JobDefinition | CommandDefinition>();

/** The definition that a module exports; a plain function counts as a job without a schema. Loaded once per process. */
export async function loadDefinition(moduleUrl: string, exportName: string): Promise<JobDefinition | CommandDefinition> {
  const key = `${moduleUrl}#${exportName}`;
  const known = loaded.get(key);
  if (known !== undefined) return known;
  const exported: Record<string, unknown> = await import(moduleUrl);
  const definition = toDefinition(exported[exportName], `${moduleUrl} (export ${exportName})`);
  loaded.set(key, definition);
  return definition;
}

export function loadedDefinition(moduleUrl: string, exportName: string): JobDefinition | CommandDefinition | undefined {
  return loaded.get(`${moduleUrl}#${exportName}`);
}

function toDefinition(value: unknown, where: string): JobDefinition | CommandDefinition {
  if (typeof value === "object" && value !== null && DEFINITION in value) return value as JobDefinition | CommandDefinition;
  if (typeof value === "function")
    return { [DEFINITION]: "module", definedAt: where, options: { type: "function", run: value as (job: never) => unknown } } as unknown as JobDefinition;
  throw new Error(`${where} is neither a job definition nor a function`);
}
