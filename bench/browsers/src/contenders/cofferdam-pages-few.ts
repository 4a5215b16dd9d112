import type { ContenderResult, Params } from "../harness/plan.ts";
import { runPages } from "./cofferdam-pages.ts";

/** The same with fewer processes and threads. */
export default function run(params: Params): Promise<ContenderResult> {
  return runPages(params, "few");
}
