import { DEFINITION, type AppDefinition, type JobDefinition, type CommandDefinition } from "../define.ts";

const loaded = new Map<string, JobDefinition | CommandDefinition>();

/** The definition that a module exports; a plain function counts as a job without a schema. Loaded once per process. */
export async function loadDefinition(moduleUrl: string, exportName: string): Promise<JobDefinition | CommandDefinition> {
  const key = `${moduleUrl}#${exportName}`;
  const known = loaded.get(key);
  if (known !== undefined) return known;
  const exported: Record<string, unknown> = await import(moduleUrl);
  const [name = "", part] = exportName.split("#");
  const value = part === undefined ? exported[name] : await partOf(exported[name], part);
  const definition = toDefinition(value, `${moduleUrl} (export ${exportName})`);
  loaded.set(key, definition);
  return definition;
}

export function loadedDefinition(moduleUrl: string, exportName: string): JobDefinition | CommandDefinition | undefined {
  return loaded.get(`${moduleUrl}#${exportName}`);
}

/** A part of an app: "jobs/0", "services/1", or "app" for the process behind its addresses. */
async function partOf(app: unknown, part: string): Promise<unknown> {
  if (typeof app !== "object" || app === null || !(DEFINITION in app) || app[DEFINITION] !== "app") return undefined;
  const definition = app as AppDefinition;
  if (part === "app") return (await import("./app-server.ts")).appService(definition);
  const [kind, index] = part.split("/");
  return (kind === "jobs" ? definition.options.jobs : definition.options.services)?.[Number(index)];
}

function toDefinition(value: unknown, where: string): JobDefinition | CommandDefinition {
  if (typeof value === "object" && value !== null && DEFINITION in value) return value as JobDefinition | CommandDefinition;
  if (typeof value === "function")
    return { [DEFINITION]: "module", definedAt: where, options: { type: "function", run: value as (job: never) => unknown } } as unknown as JobDefinition;
  throw new Error(`${where} is neither a job definition nor a function`);
}
