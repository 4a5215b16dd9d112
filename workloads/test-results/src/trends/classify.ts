import type { Status } from "../order/order-line.ts";

export const BEHAVIOURS = ["regression", "flaky", "always-failing", "always-passing", "new-failure"] as const;
export type Behaviour = (typeof BEHAVIOURS)[number];

/** What a test's results say, oldest first. Several can hold; none is an answer too. */
export function classify(results: readonly Status[]): Behaviour[] {
  const found: Behaviour[] = [];
  const failures = results.filter((status) => status === "FAILED").length;
  const passes = results.filter((status) => status === "PASSED").length;
  const regression = isRegression(results);
  if (regression) found.push("regression");
  const onlyTheLatestFailed = failures === 1 && results.at(-1) === "FAILED";
  if (passes > 0 && failures > 0 && !regression && !onlyTheLatestFailed) found.push("flaky");
  if (results.length > 0 && failures === results.length) found.push("always-failing");
  if (results.length > 0 && passes === results.length) found.push("always-passing");
  if (results.at(-1) === "FAILED" && results.at(-2) === "PASSED") found.push("new-failure");
  return found;
}

/** Some passed, at least the last two failed, and nothing passed after the first failure. */
function isRegression(results: readonly Status[]): boolean {
  const firstFailure = results.indexOf("FAILED");
  return results.includes("PASSED") && results.at(-1) === "FAILED" && results.at(-2) === "FAILED" && !results.slice(firstFailure).includes("PASSED");
}
