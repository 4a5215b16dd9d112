// Types with three memory budgets, which differ in how many of them run at once.
import { defineJob } from "../../../src/index.ts";

const run = (): string => "done";

export const alone = defineJob({ type: "budgets.alone", concurrency: 1, budget: { memory: "150MB" }, run });

export const pairOne = defineJob({ type: "budgets.pair-one", concurrency: 1, budget: { memory: "160MB" }, run });
export const pairTwo = defineJob({ type: "budgets.pair-two", concurrency: 1, budget: { memory: "160MB" }, run });

export const many = defineJob({ type: "budgets.many", budget: { memory: "170MB" }, run });
export const manyBesides = defineJob({ type: "budgets.many-besides", concurrency: 1, budget: { memory: "170MB" }, run });
