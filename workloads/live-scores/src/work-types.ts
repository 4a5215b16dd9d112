/** Job types and lanes of this workload. */
export const TYPES = { poll: "scores.poll", discover: "scores.discover" } as const;
export const LANES = { pollers: "scores-pollers", discovery: "scores-discovery" } as const;
