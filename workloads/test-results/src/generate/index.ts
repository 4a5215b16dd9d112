// generate: JUnit reports of any size for tests, benchmarks and trying out.
// Owns: the words and shape of generated reports. Never: reads one.
// In: sizes and a seed. Out: bytes, piece by piece, and what they hold.
export { addGenerateCommand, writeReport } from "./command.ts";
export { generateReport, type ReportFacts } from "./report.ts";
export type { ReportOptions, ReportStyle } from "./options.ts";
