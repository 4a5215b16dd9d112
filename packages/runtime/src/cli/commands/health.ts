import { formatBytes, formatDuration } from "../../model/index.ts";
import { openClient, WELL_MS, type ClientOptions } from "../client.ts";
import { EXIT } from "../exit-codes.ts";
import type { CommandContext } from "../program.ts";
import { writeJson } from "../terminal.ts";
import { printable } from "../text.ts";
import type { JsonOption } from "./options.ts";

interface HealthOptions extends ClientOptions, JsonOption {
  readonly live?: boolean;
  readonly ready?: boolean;
}

interface HealthCheck {
  readonly status: string;
  readonly observedValue: unknown;
  readonly observedUnit?: string;
  readonly output?: string;
}

interface HealthJson {
  readonly status?: string;
  readonly description?: string;
  readonly notes?: readonly string[];
  readonly enforcement?: { readonly tier: string; readonly memory: string; readonly pids: string };
  readonly checks?: Readonly<Record<string, readonly HealthCheck[]>>;
}

/** Small enough for a container's health check: no curl is needed in the image. */
export async function health({ terminal }: CommandContext, options: HealthOptions): Promise<number> {
  const client = await openClient(terminal, options);
  const path = options.live ? "/livez" : options.ready ? "/readyz" : "/healthz";
  const answer = await client.call(path, { accept: "application/health+json, application/json", allow: [503], silenceMs: WELL_MS });
  const report: HealthJson = typeof answer.body === "object" && answer.body !== null ? answer.body : {};
  const status = report.status ?? (answer.status === 200 ? "pass" : "fail");
  if (options.json) writeJson(terminal, { ...report, status });
  else terminal.data([status, ...linesOf(report)].join("\n"));
  return answer.status === 200 && status !== "fail" ? EXIT.ok : EXIT.unexpected;
}

function linesOf(report: HealthJson): string[] {
  const { enforcement, checks = {}, notes = [] } = report;
  return [
    ...(report.description === undefined ? [] : [printable(report.description)]),
    ...(enforcement === undefined ? [] : [`enforcement: ${enforcement.tier}, memory ${enforcement.memory}, pids ${enforcement.pids}`]),
    ...Object.entries(checks).flatMap(([name, found]) => found.map((check) => checkLine(name, check))),
    ...notes.map((note) => `note: ${printable(note)}`),
  ];
}

function checkLine(name: string, check: HealthCheck): string {
  return printable(`${check.status.padEnd(4)}  ${name.padEnd(16)}  ${valueText(check)}${check.output === undefined ? "" : `  ${check.output}`}`);
}

function valueText({ observedValue, observedUnit }: HealthCheck): string {
  if (typeof observedValue !== "number") return String(observedValue);
  if (observedUnit === "bytes") return formatBytes(observedValue);
  return observedUnit === "ms" ? formatDuration(observedValue) : `${observedValue} ${observedUnit ?? ""}`;
}
