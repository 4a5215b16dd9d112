// Runs one contender in a process of its own, says the result in one line, and stays until its standard input is closed: then somebody has counted.
import { cpuUsage } from "node:process";
import type { ContenderResult, Params } from "./plan.ts";

const [, , name = "", text = "{}"] = process.argv;
const module: { default(params: Params): Promise<ContenderResult> } = await import(`../contenders/${name}.ts`);
const params: Params = JSON.parse(text);
// What a peer forgets to catch is its result, not the end of the run.
let stray = 0;
process.on("unhandledRejection", () => {
  stray += 1;
});
const result = await module.default(params);
const { user, system } = cpuUsage();
process.stdout.write(`${JSON.stringify({ ...result, stray, ownCpuMs: (user + system) / 1000 })}\n`);
process.stdin.resume();
process.stdin.once("end", () => process.exit(0));
