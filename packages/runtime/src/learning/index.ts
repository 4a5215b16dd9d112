// learning: what past attempts tell of a job type: how much memory it needs, by input size; what it leaves behind.
// Owns: peaks, suggestions, predictions with their error, leaks by type. Never: changes a budget, ends a process, names a cause.
// In: one lesson per attempt. Out: suggestions, predictions, leak views; a word when a worker should be replaced.
// fit.ts, sketch.ts, peaks.ts and leaks.ts reckon, purely; learner.ts keeps and stores.
export { openLearner, type LearnerDeps } from "./learner.ts";
export type { BudgetView, InputClassView, Learner, LeakView, Lesson, PeakPrediction } from "./ports.ts";
