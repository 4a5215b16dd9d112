export { defineCommand, defineJob } from "./define.ts";
export type { CommandDefinition, CommandOptions, JobContext, JobDefinition, JobOptions, RetryOptions, ScheduleOptions } from "./define.ts";
export { contain, type ContainOptions, type Outcome } from "./contain.ts";
export * from "./model/index.ts";
export { startRuntime } from "./runtime.ts";
export type { Runtime, RuntimeOptions, HttpOptions } from "./runtime-types.ts";
export type * from "./control/ports.ts";
export { defineConfig, type ConfigFileOptions, type ExecOptions } from "./config/index.ts";
export { formatEvent, type FormatOptions } from "./cli/index.ts";
