// test-results: follows test results across releases, modules and Jenkins builds.
// Owns: its database, its job types, the HTTP interface and the CLI. Never: a queue or a process of its own; those are Cofferdam's.
// In: JUnit XML, order files, a Jenkins server. Out: pass rates, failures, regressions, flaky tests.
export { JOB_MODULES, lanesOf, startService, type Service, type ServiceOptions } from "./service.ts";
export { readSettings, SETTING_ROWS, type Settings } from "./settings.ts";
export { startStandIn, type StandIn } from "./stand-in/server.ts";
export { makeWorld, type World, type WorldOptions } from "./stand-in/world.ts";
export { importShippedReports, SHIPPED_REPORTS, type ShippedReport } from "./shipped-reports.ts";
export { openDatabase, type Database, type Tables } from "./database/database.ts";
export type { Conductor, DownloadRequest } from "./conduct/conductor.ts";
export type { ModuleEnd } from "./conduct/import-module.ts";
export { listTrends, readTrends, type Trend, type TrendFilter } from "./trends/read-trends.ts";
export { countByModule, listModules, listReleases, summarize } from "./query/dashboard.ts";
